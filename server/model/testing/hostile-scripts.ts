import fc from 'fast-check'
import { chatAnswer, chatChunk, DONE, sse } from './scripted-provider.ts'
import type { ScriptedReply } from './scripted-provider.ts'
import {
  argumentsDelta,
  callItem,
  chatCalls,
  completed,
  event,
  itemAdded,
  itemDone,
  messageItem,
  textDelta,
} from './wire-events.ts'

/** Pieces of real streams, and of invalid ones. A hostile provider sends any sequence of them, cut anywhere. */
const pieces = {
  chat: [
    chatAnswer('Hello', ' there'),
    sse(chatChunk({ role: 'assistant', content: '' })),
    sse(chatChunk({ content: 'word ' })),
    sse(chatChunk({ content: '  ' })),
    sse(chatChunk({ content: 'half \ud83d' })),
    sse(chatChunk({ reasoning_content: 'hm ' })),
    sse(chatChunk({ refusal: 'No.' })),
    sse(chatCalls({ index: 0, id: 'a1', name: 'add', args: '{"a"' })),
    sse(chatCalls({ index: 0, args: ':1}' })),
    sse(chatCalls({ args: null })),
    sse(chatChunk({}, 'stop')),
    sse(chatChunk({}, 'tool_calls')),
    sse(chatChunk({}, 'length')),
    sse(chatChunk({}, 'error')),
    sse({ choices: [], usage: { prompt_tokens: 1e300, completion_tokens: -0.5 } }),
    sse({ choices: 'no', model: {} }),
    DONE,
  ],
  responses: [
    sse(textDelta('Hello')) + completed([messageItem('Hello')]),
    sse(event('created', { response: { model: 7 } })),
    sse(textDelta('word ')),
    sse(textDelta('half \ud83d', 2)),
    sse(event('reasoning_summary_text.delta', { output_index: 0, summary_index: 0, delta: 'hm' })),
    sse(itemAdded(1, callItem(''))),
    sse(argumentsDelta(1, '{"a"')),
    sse(itemDone(1, callItem('{"a":1}'))),
    sse(itemDone(0, messageItem('Hello again'))),
    completed(),
    completed([callItem('{}'), callItem('{}')]),
    sse(event('incomplete', { response: { status: 'incomplete' } })),
    sse(event('failed', { response: { status: 'failed', error: null } })),
    sse(event('output_text.delta', { output_index: -1, delta: { no: 'text' } })),
    DONE,
  ],
}
const anywhere = [
  ': comment\n\n',
  'data: oops\n\n',
  'data: null\n\n',
  'data: [1,{}]\n\n',
  'event: error\ndata: {"message":"gone"}\n\n',
  sse({ error: { message: 'late', code: 503 } }),
  sse({ error: 'text' }),
  'id: 1\nretry: 5\n\n',
  '\r\n\n\r',
  '<html>',
  '{"choices"',
  '\u0000\ufffe',
]

export type HostileScript = {
  pieces: string[]
  cuts: number[]
  delays: number[]
  reply: ScriptedReply
}

/** The replies of a hostile provider to one request. */
export function hostileScripts(api: 'chat' | 'responses'): fc.Arbitrary<HostileScript> {
  return fc.record({
    pieces: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...pieces[api]) },
        { weight: 1, arbitrary: fc.constantFrom(...anywhere) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
      ),
      { maxLength: 10 },
    ),
    cuts: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 5 }),
    // Some delays are shorter than the timeouts, some longer.
    delays: fc.array(fc.constantFrom(0, 0, 0, 1, 20, 300), { maxLength: 4 }),
    reply: fc.record({
      status: fc.oneof(
        { weight: 8, arbitrary: fc.constant(200) },
        { weight: 1, arbitrary: fc.constantFrom(204, 400, 401, 404, 418, 429, 500, 503) },
      ),
      headers: fc.constantFrom<Record<string, string>>(
        { 'retry-after-ms': '1' },
        { 'retry-after': '7200' },
        { 'retry-after': 'soon', 'content-type': 'text/html' },
        { 'retry-after-ms': '-5', 'content-type': 'application/json' },
      ),
      ending: fc.constantFrom('end', 'end', 'cut', 'hold'),
    }),
  })
}

/** The bytes of the pieces, cut at random places, with delays in between. */
export function hostileReply({ pieces: said, cuts, delays, reply }: HostileScript): ScriptedReply {
  const bytes = Buffer.from(said.join(''))
  const body: NonNullable<ScriptedReply['body']> = []
  let at = 0
  for (const [number, length] of cuts.entries()) {
    body.push(bytes.subarray(at, at + length), { delay: delays[number] ?? 0 })
    at += length
  }
  body.push(bytes.subarray(at))
  return { ...reply, body }
}
