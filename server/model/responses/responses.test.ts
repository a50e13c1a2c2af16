import { describe, expect, test } from 'vitest'
import type { ModelMessage, ProviderState } from '../port.ts'
import { responses } from './responses.ts'
import { responsesRequest } from './responses-request.ts'
import { decode, requestOf } from '../testing/decode.ts'
import { stepOf } from '../testing/collect.ts'

const event = (type: string, fields: object = {}): object => ({
  type: `response.${type}`,
  ...fields,
})
const added = (index: number, item: object): object =>
  event('output_item.added', { output_index: index, item })
const done = (index: number, item: object): object =>
  event('output_item.done', { output_index: index, item })
const completed = (output: object[] = [], more: object = {}): object =>
  event('completed', {
    response: {
      status: 'completed',
      output,
      usage: { input_tokens: 1, output_tokens: 2 },
      ...more,
    },
  })
const message = (text: string): object => ({
  type: 'message',
  id: 'm',
  content: [{ type: 'output_text', text }],
})
const call = (args: string, id = 'c1'): object => ({
  type: 'function_call',
  id: 'f',
  call_id: id,
  name: 'add',
  arguments: args,
})
const textDelta = (delta: string, index = 0): object =>
  event('output_text.delta', { output_index: index, content_index: 0, delta })

describe('what is said again is sent once, and what was not streamed is made up for', () => {
  test('deltas, then the same in every .done', () => {
    const whole = 'Hello'
    const { text } = decode(responses, [
      added(0, message('')),
      textDelta('Hel'),
      textDelta('lo'),
      event('output_text.done', { output_index: 0, content_index: 0, text: whole }),
      done(0, message(whole)),
      completed([message(whole)]),
    ])
    expect(text).toBe('Hello')
  })

  test('no deltas at all: the finished response has everything', () => {
    const step = decode(responses, [
      completed([
        { type: 'reasoning', summary: [{ text: 'hm' }] },
        message('Hello'),
        call('{"a":1}'),
      ]),
    ])
    expect(step).toMatchObject({
      text: 'Hello',
      reasoning: 'hm',
      calls: [{ id: 'c1', name: 'add', arguments: '{"a":1}' }],
    })
    expect(step.ending).toEqual({ type: 'finish', finish: 'tool-calls' })
  })

  test('a .done that goes on where the deltas ended', () => {
    const values = [
      added(0, call('')),
      event('function_call_arguments.delta', { output_index: 0, delta: '{"a"' }),
      done(0, call('{"a":1}')),
      completed(),
    ]
    expect(decode(responses, values).calls).toEqual([
      { id: 'c1', name: 'add', arguments: '{"a":1}' },
    ])
  })

  test('a .done that contradicts the deltas adds nothing', () => {
    expect(
      decode(responses, [textDelta('Hello'), done(0, message('Bye')), completed([message('Bye')])])
        .text,
    ).toBe('Hello')
  })

  test('ids that change with each event, and places that differ in the end', () => {
    const values = [
      event('output_text.delta', {
        output_index: 1,
        item_id: 'x1',
        content_index: 0,
        delta: 'Hel',
      }),
      event('output_text.delta', { output_index: 1, item_id: 'x2', content_index: 0, delta: 'lo' }),
      added(2, call('')),
      event('function_call_arguments.done', { output_index: 2, item_id: 'y', arguments: '{}' }),
      completed([message('Hello'), call('{}')]),
    ]
    const step = decode(responses, values)
    expect(step.text).toBe('Hello')
    expect(step.calls).toEqual([{ id: 'c1', name: 'add', arguments: '{}' }])
  })

  test('two calls side by side', () => {
    const piece = (output_index: number, delta: string): object =>
      event('function_call_arguments.delta', { output_index, delta })
    const values = [
      added(0, call('')),
      added(1, call('', 'c2')),
      piece(0, '{"a"'),
      piece(1, '{"b"'),
      piece(0, ':1}'),
      piece(1, ':2}'),
      completed(),
    ]
    expect(decode(responses, values).calls.map((one) => one.arguments)).toEqual([
      '{"a":1}',
      '{"b":2}',
    ])
  })

  test('a thought with its own words and a summary is shown in one form', () => {
    const values = [
      event('reasoning_text.delta', { output_index: 0, content_index: 0, delta: 'hm' }),
      event('reasoning_summary_text.delta', {
        output_index: 0,
        summary_index: 0,
        delta: 'in short',
      }),
      completed(),
    ]
    expect(decode(responses, values).reasoning).toBe('hm')
  })

  test('the parts of a summary stand apart', () => {
    const part = (summary_index: number, delta: string): object =>
      event('reasoning_summary_text.delta', { output_index: 0, summary_index, delta })
    expect(
      decode(responses, [part(0, 'a'), part(0, 'b'), part(1, 'c'), completed()]).reasoning,
    ).toBe('ab\n\nc')
  })
})

describe('the ending', () => {
  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'content-filter'],
  ])(
    'incomplete because of %s: %s, and the cut call is not to be carried out',
    (reason, finish) => {
      const response = { status: 'incomplete', incomplete_details: { reason }, output: [] }
      const { ending } = decode(responses, [
        added(0, call('{"a"')),
        event('incomplete', { response }),
      ])
      expect(ending).toEqual({ type: 'finish', finish })
    },
  )

  test('[DONE] alone is none', () => {
    expect(decode(responses, [textDelta('Hel')], { marked: true }).ending).toEqual({
      type: 'text',
      text: 'Hel',
    })
  })

  test('an error, in each of its shapes, keeps the text', () => {
    const faults = [
      { type: 'error', error: { message: 'no' } },
      { type: 'error', code: 'x', message: 'no' },
      event('failed', { response: { status: 'failed', error: { message: 'no' } } }),
      { error: { message: 'no' } },
    ]
    for (const fault of faults) {
      expect(decode(responses, [textDelta('Hel'), fault])).toMatchObject({
        text: 'Hel',
        fault: 'no',
      })
    }
  })
})

describe('the request', () => {
  const reasoning = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [],
    encrypted_content: 'secret',
    odd_field: [1],
  }
  const first = decode(responses, [
    added(0, { type: 'reasoning', id: 'rs_1', summary: [] }),
    done(0, reasoning),
    added(1, message('')),
    textDelta('I add.', 1),
    done(1, message('I add.')),
    done(2, call('{}')),
    completed(),
  ])
  const state = first.deltas.find((delta) => delta.type === 'provider-state')?.state ?? null
  const conversation = (providerState: ProviderState | null): ModelMessage[] => [
    { role: 'user', text: 'hi' },
    { role: 'assistant', text: first.text, calls: first.calls, providerState },
    { role: 'tool', callId: 'c1', output: '3', failed: false },
  ]
  const withoutThoughts = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'I add.' },
    { type: 'function_call', call_id: 'c1', name: 'add', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: '3' },
  ]

  test('stores nothing, asks for encrypted thoughts and replays them verbatim, in their place', () => {
    const request = responsesRequest(requestOf(stepOf('', { messages: conversation(state) })))
    expect(request).toMatchObject({
      store: false,
      include: ['reasoning.encrypted_content'],
      instructions: 'Be brief.',
      max_output_tokens: 500,
    })
    expect(request.input).toEqual([withoutThoughts[0], reasoning, ...withoutThoughts.slice(1)])
  })

  test('drops them when model or provider changed, and when the API wants none', () => {
    const messages = conversation(state)
    const other = stepOf('', { model: 'other', messages })
    expect(responsesRequest(requestOf(other)).input).toEqual(withoutThoughts)
    const endpoint = { baseUrl: 'http://other/v1', host: 'other', kind: 'compatible' as const }
    expect(responsesRequest(requestOf(stepOf('', { messages }), { endpoint })).input).toEqual(
      withoutThoughts,
    )
    const refused = new Set(['reasoning-replay' as const])
    expect(responsesRequest(requestOf(stepOf('', { messages }), { refused })).input).toEqual(
      withoutThoughts,
    )
  })

  test('leaves their ids out once the API did not know them', () => {
    const { id: _id, ...rest } = reasoning
    const request = requestOf(stepOf('', { messages: conversation(state) }), {
      refused: new Set(['reasoning-ids']),
    })
    expect(responsesRequest(request).input).toContainEqual(rest)
  })

  test('a thought without content is not replayed: with nothing stored its id means nothing', () => {
    const { deltas } = decode(responses, [
      done(0, { type: 'reasoning', id: 'rs_1', summary: [], content: [] }),
      done(1, call('{}')),
      completed(),
    ])
    expect(deltas.some(({ type }) => type === 'provider-state')).toBe(false)
  })
})
