import {
  DONE,
  type ScriptedReply,
  type ScriptedRequest,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../server/model/testing/scripted-provider.ts'

/** What every whole answer of it is said to have used. */
export const ANSWER_USAGE = { inputTokens: 100, outputTokens: 20 }

/** A question that is answered with this text is one for the uptime tool first. */
export const UPTIME_ANSWER = 'Up it is.'

/**
 * A provider that knows what it is asked for: it answers questions, each time with another number, calls a tool when it
 * is asked for the uptime, begins to count and never ends, and writes titles and summaries.
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
