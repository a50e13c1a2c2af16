import { describe, expect, test } from 'vitest'
import { chat } from './chat/chat.ts'
import { finishKind } from './failure/finish-reasons.ts'
import { responses } from './responses/responses.ts'
import { decode } from './testing/decode.ts'
import { chatChunk } from './testing/scripted-provider.ts'

const piece = (index: number, id: string, name: string, text: string) =>
  chatChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: text } }] })
const calls = (...values: object[]) =>
  decode(chat, [...values, chatChunk({}, 'tool_calls')])
    .calls.filter(Boolean)
    .map(({ name, arguments: text }) => [name, text])

describe('calls that are not what they seem', () => {
  test('one without name and arguments is none, and an answer of it alone calls nothing', () => {
    expect(calls(piece(0, 'call_a', 'add', '{"a":1}'), piece(1, 'call_b', '', ''))).toEqual([
      ['add', '{"a":1}'],
    ])
    const alone = decode(chat, [
      chatChunk({ content: 'x' }),
      piece(0, '', '', ''),
      chatChunk({}, 'stop'),
    ])
    expect(alone.ending).toEqual({ type: 'finish', finish: 'stop' })
  })

  test('`{}` before the arguments is not part of them', () => {
    expect(
      calls(piece(0, 'call_a', 'add', '{}'), piece(0, '', '', '{"a"'), piece(0, '', '', ':1}')),
    ).toEqual([['add', '{"a":1}']])
    expect(calls(piece(0, 'call_a', 'add', '{}'))).toEqual([['add', '{}']])
  })

  test('the same call once more, in its place or in the next one, is one call', () => {
    const call = piece(0, 'call_a', 'add', '{"a":1}')
    expect(calls(call, call)).toEqual([['add', '{"a":1}']])
    expect(calls(call, piece(1, 'call_a', 'add', '{"a": 1}'))).toEqual([['add', '{"a":1}']])
    expect(calls(call, piece(1, 'call_a', 'add', '{"a":2}'))).toHaveLength(2)
  })

  test('arguments that are JSON in a JSON text are read', () => {
    const text = JSON.stringify(JSON.stringify({ a: '"' }))
    expect(
      calls(piece(0, 'call_a', 'add', text.slice(0, 5)), piece(0, '', '', text.slice(5))),
    ).toEqual([['add', '{"a":"\\""}']])
  })
})

test.each([
  ['MAX_TOKENS', 'length'],
  ['model_length', 'length'],
  ['FinishReason.SAFETY', 'content-filter'],
  ['sensitive', 'content-filter'],
  ['STOP', 'done'],
  ['end_turn', 'done'],
  ['insufficient_system_resource', 'broken'],
  ['network_error', 'broken'],
  ['MALFORMED_FUNCTION_CALL', 'broken'],
  ['abort', 'broken'],
  ['constructor', 'broken'],
])('the finish reason %s is %s', (reason, kind) => {
  expect(finishKind(reason)).toBe(kind)
  const answer = decode(chat, [chatChunk({ content: 'The' }), chatChunk({}, reason)])
  if (kind === 'broken') expect(answer.fault).toContain(reason)
  else expect(answer.ending).toEqual({ type: 'finish', finish: kind === 'done' ? 'stop' : kind })
})

test.each([
  [{ object: 'error', message: 'CUDA out of memory', code: 500 }],
  [{ detail: 'CUDA out of memory' }],
  [{ code: 'InternalError', message: 'CUDA out of memory' }],
  [{ choices: null, base_resp: { status_code: 1008, status_msg: 'CUDA out of memory' } }],
  [[{ error: { code: 429, message: 'CUDA out of memory' } }]],
  [{ error: 'CUDA out of memory' }],
  [{ type: 'error', message: 'CUDA out of memory' }],
  [{ status: 'failed', msg: 'CUDA out of memory' }],
])('%j after 200 is an error, in both APIs', (data) => {
  expect(decode(chat, [chatChunk({ content: 'The' }), data]).fault).toBe('CUDA out of memory')
  expect(decode(responses, [data]).fault).toBe('CUDA out of memory')
})

test('a zero in `base_resp`, and a ping, are no errors', () => {
  const fine = chatChunk({ content: 'x' }, 'stop', {
    base_resp: { status_code: 0, status_msg: '' },
  })
  expect(decode(chat, [{ type: 'ping' }, fine]).ending).toEqual({ type: 'finish', finish: 'stop' })
})
