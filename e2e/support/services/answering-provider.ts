import {
  DONE,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../../server/model/testing/scripted-provider.ts'
import type {
  ScriptedReply,
  ScriptedRequest,
} from '../../../server/model/testing/scripted-provider.ts'

/** The usage that the provider reports for each complete answer. */
export const ANSWER_USAGE = { inputTokens: 100, outputTokens: 20 }

/** A question that contains this text is answered with a call of the uptime tool first. */
export const UPTIME_ANSWER = 'Up it is.'

/**
 * A provider that reacts to its requests: it answers each question with a new number, calls a tool when it is asked for
 * the uptime, counts without end when asked to count, and writes titles and summaries.
 */
export async function startAnsweringProvider() {
  const times = new Map<string, number>()
  return startScriptedProvider((request) => {
    const text = JSON.stringify(request.body)
    if (text.includes('Write a title')) return say('Of quays')
    if (text.includes('Summarise the conversation')) return say('They spoke of quays.')
    const { role, content } = lastMessage(request)
    if (role === 'tool') return say(UPTIME_ANSWER)
    if (content.includes('uptime')) return callUptime()
    if (content.startsWith('Count')) {
      return { body: [sse(chatChunk({ content: 'one, two' }))], ending: 'hold' }
    }
    const time = (times.get(content) ?? 0) + 1
    times.set(content, time)
    return say(`${content} `, `Answer ${time}.`)
  })
}

function say(...texts: string[]): ScriptedReply {
  return whole(...texts.map((content) => chatChunk({ content })), chatChunk({}, 'stop'))
}

function callUptime(): ScriptedReply {
  const called = { name: 'get_system_metrics', arguments: '{"metric_type":"uptime"}' }
  const call = { index: 0, id: 'call_1', type: 'function', function: called }
  return whole(chatChunk({ tool_calls: [call] }), chatChunk({}, 'tool_calls'))
}

function whole(...chunks: object[]): ScriptedReply {
  const { inputTokens, outputTokens } = ANSWER_USAGE
  const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens }
  return { body: [sse(...chunks, { ...chatChunk({}), choices: [], usage }) + DONE] }
}

function lastMessage({ body }: ScriptedRequest): { role: string; content: string } {
  const { messages }: { messages?: { role: string; content: string }[] } = Object(body)
  return messages?.at(-1) ?? { role: 'user', content: '' }
}
