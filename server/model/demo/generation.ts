import { createHash } from 'node:crypto'
import type { Conversation, Reply } from './conversation.ts'
import { countTokens, tokenize } from './tokens.ts'

/** A reply cut into tokens, up to the requested limit. */
export type Generation = {
  id: string
  model: string
  text: string[]
  calls: { id: string; name: string; arguments: string[] }[]
  finish: 'stop' | 'length' | 'tool_calls'
  usage: { input: number; output: number }
}

/** The model's name in each answer, whatever model was requested. */
export const DEMO_MODEL = 'demo'

/** The ids are computed from the conversation, so that the same conversation gets the same bytes. */
export function generate(conversation: Conversation, reply: Reply, seed: string): Generation {
  const hash = (salt: string): string =>
    createHash('sha256')
      .update(JSON.stringify([seed, salt, conversation]))
      .digest('hex')
      .slice(0, 24)
  let left = conversation.maxTokens
  const take = (text: string): string[] => {
    const tokens = tokenize(text).slice(0, Math.max(0, left))
    left -= countTokens(text)
    return tokens
  }
  const text = take(reply.text)
  const calls = reply.calls.flatMap((call, index) => {
    if (left <= 0) return []
    return [
      {
        id: `call_${hash(String(index))}`,
        name: call.name,
        arguments: take(JSON.stringify(call.arguments)),
      },
    ]
  })
  const whole = left >= 0 && calls.length === reply.calls.length
  const output =
    text.length +
    calls.reduce((sum, call) => sum + call.arguments.length + countTokens(call.name), 0)
  return {
    id: hash('answer'),
    model: DEMO_MODEL,
    text,
    calls,
    finish: whole ? (calls.length > 0 ? 'tool_calls' : 'stop') : 'length',
    usage: { input: inputTokens(conversation), output },
  }
}

function inputTokens({ instructions, turns, tools }: Conversation): number {
  const perTurn = 4
  const said = turns.map((turn) => {
    if (turn.role === 'user') return turn.text
    if (turn.role === 'tool') return turn.output
    return turn.text + turn.calls.map((call) => `${call.name}${call.arguments}`).join('')
  })
  const offered = tools.length > 0 ? JSON.stringify(tools) : ''
  return [instructions, offered, ...said].reduce(
    (sum, text) => sum + countTokens(text),
    turns.length * perTurn,
  )
}
