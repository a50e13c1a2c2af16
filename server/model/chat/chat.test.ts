import { describe, expect, test } from 'vitest'
import { chat } from './chat.ts'
import type { ModelMessage } from '../port.ts'
import { decode } from '../testing/decode.ts'
import { stepOf } from '../testing/collect.ts'
import { chatChunk } from '../testing/scripted-provider.ts'

type Piece = {
  index?: number
  id?: string | null
  name?: string | null
  args?: string | null | object
}

const calls = (...pieces: Piece[]): object =>
  chatChunk({
    tool_calls: pieces.map(({ index, id, name, args }) => ({
      ...(index !== undefined && { index }),
      ...(id !== undefined && { id }),
      function: {
        ...(name !== undefined && { name }),
        ...(args !== undefined && { arguments: args }),
      },
    })),
  })
const finish = (reason: string): object => chatChunk({}, reason)
const found = (...values: unknown[]): [string, string][] =>
  decode(chat, values).calls.map((call) => [call.name, call.arguments])

describe('tool calls come together, however a provider cuts and names them', () => {
  const two = [
    ['add', '{"a":1}'],
    ['mul', '{"b":2}'],
  ]
  test.each<[string, unknown[], string[][]]>([
    [
      'as OpenAI does',
      [
        calls({ index: 0, id: 'a1', name: 'add', args: '' }),
        calls({ index: 0, args: '{"a"' }),
        calls({ index: 0, args: ':1}' }),
        calls({ index: 1, id: 'b2', name: 'mul', args: '{"b":2}' }),
      ],
      two,
    ],
    [
      'without an index, by id',
      [
        calls({ id: 'a1', name: 'add', args: '{"a"' }),
        calls({ id: 'b2', name: 'mul', args: '{"b"' }),
        calls({ id: 'a1', args: ':1}' }),
        calls({ id: 'b2', args: ':2}' }),
      ],
      two,
    ],
    [
      'without an index, in the order of coming',
      [
        calls({ id: 'a1', name: 'add', args: '{"a"' }),
        calls({ args: ':1}' }),
        calls({ id: 'b2', name: 'mul', args: '{"b"' }),
        calls({ args: ':2}' }),
      ],
      two,
    ],
    [
      'without index and id, each whole',
      [calls({ name: 'add', args: '{"a":1}' }, { name: 'mul', args: '{"b":2}' })],
      two,
    ],
    [
      'twice the same tool, without index and id',
      [calls({ name: 'add', args: '{"a":1}' }, { name: 'add', args: '{"a":2}' })],
      [
        ['add', '{"a":1}'],
        ['add', '{"a":2}'],
      ],
    ],
    [
      'a new id on an index already used',
      [
        calls({ index: 0, id: 'a1', name: 'add', args: '{"a":1}' }),
        calls({ index: 0, id: 'b2', name: 'mul', args: '{"b":2}' }),
      ],
      two,
    ],
    [
      'index always 0 and no ids',
      [
        calls({ index: 0, id: '', name: 'add', args: '{"a":1}' }),
        calls({ index: 0, id: '', name: 'mul', args: '{"b":2}' }),
      ],
      two,
    ],
    [
      'an index from 1 and with holes',
      [
        calls({ index: 1, id: 'a1', name: 'add', args: '{"a":1}' }),
        calls({ index: 7, id: 'b2', name: 'mul', args: '{"b":2}' }),
      ],
      two,
    ],
    [
      'a name that comes late, and empty ones after it',
      [
        calls({ index: 0, id: 'a1', name: '', args: '{"a"' }),
        calls({ index: 0, name: 'add' }),
        calls({ index: 0, name: '', args: ':1}' }),
      ],
      [['add', '{"a":1}']],
    ],
    [
      'the name in each piece',
      [
        calls({ index: 0, id: 'a1', name: 'add', args: '{"a"' }),
        calls({ index: 0, id: 'a1', name: 'add', args: ':1}' }),
      ],
      [['add', '{"a":1}']],
    ],
    [
      'another id in each piece',
      [
        calls({ index: 0, id: 'a1', name: 'add', args: '{"a"' }),
        calls({ index: 0, id: 'a2', args: ':1}' }),
      ],
      [['add', '{"a":1}']],
    ],
    ['arguments null', [calls({ index: 0, id: 'a1', name: 'add', args: null })], [['add', '{}']]],
    ['arguments empty', [calls({ index: 0, id: 'a1', name: 'add', args: '' })], [['add', '{}']]],
    [
      'arguments the text null',
      [calls({ index: 0, id: 'a1', name: 'add', args: 'nu' }), calls({ index: 0, args: 'll' })],
      [['add', '{}']],
    ],
    [
      'arguments an object',
      [calls({ index: 0, id: 'a1', name: 'add', args: { a: 1 } })],
      [['add', '{"a":1}']],
    ],
    [
      'arguments that are no JSON stay as they are',
      [calls({ index: 0, id: 'a1', name: 'add', args: '{"a":' })],
      [['add', '{"a":']],
    ],
    [
      'the old function_call',
      [
        chatChunk({ function_call: { name: 'add', arguments: '{"a"' } }),
        chatChunk({ function_call: { arguments: ':1}' } }),
      ],
      [['add', '{"a":1}']],
    ],
  ])('%s', (_name, values, expected) => {
    expect(found(...values, finish('tool_calls'))).toEqual(expected)
  })

  test('ids that are missing, meaningless or used before become our own', () => {
    const earlier: ModelMessage = {
      role: 'assistant',
      text: '',
      calls: [{ id: 'call_0', name: 'x', arguments: '{}' }],
      providerState: null,
    }
    const step = stepOf('', { messages: [earlier] })
    const pieces = ['', '0', 'call_0', 'fresh'].map((id, index) =>
      calls({ index, id, name: 'f', args: '{}' }),
    )
    const ids = decode(chat, [...pieces, finish('tool_calls')], { step }).calls.map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(ids[3]).toBe('fresh')
    for (const id of ids.slice(0, 3)) expect(id).toMatch(/^call_[0-9a-f]{24}$/)
  })
})

describe('the ending', () => {
  const call = calls({ index: 0, id: 'a1', name: 'add', args: '{}' })
  test.each<[string, unknown[], boolean, string | null]>([
    ['stop although there are calls', [call, finish('stop')], true, 'tool-calls'],
    [
      'tool_calls although there are none',
      [chatChunk({ content: 'x' }), finish('tool_calls')],
      true,
      'stop',
    ],
    ['the length limit in the middle of a call', [call, finish('length')], true, 'length'],
    [
      'a content filter',
      [chatChunk({ content: 'x' }), finish('content_filter')],
      true,
      'content-filter',
    ],
    [
      'several reasons: the first',
      [chatChunk({ content: 'x' }, 'length'), finish('stop')],
      true,
      'length',
    ],
    ['a reason nobody knows', [chatChunk({ content: 'x' }, 'eos')], true, 'stop'],
    ['no reason, but [DONE] after text', [chatChunk({ content: 'x' })], true, 'stop'],
    ['no reason, but [DONE] after a call', [call], true, 'tool-calls'],
    ['no reason and no [DONE]', [chatChunk({ content: 'x' })], false, null],
    ['[DONE] after nothing', [chatChunk({ role: 'assistant', content: '' })], true, null],
  ])('%s', (_name, values, marked, expected) => {
    const { ending } = decode(chat, values, { marked })
    expect(ending?.type === 'finish' ? ending.finish : null).toBe(expected)
  })
})

describe('texts', () => {
  test('empty choices, null contents, other answers and unknown fields are passed over', () => {
    const { text } = decode(chat, [
      { choices: [], prompt_filter_results: [] },
      null,
      7,
      chatChunk({ content: null, refusal: '', tool_calls: null }),
      {
        choices: [
          null,
          { delta: null },
          { index: 1, delta: { content: 'other' } },
          { delta: { content: 'a' } },
        ],
      },
      { choices: [], usage: null },
      chatChunk({ content: 'b' }, 'stop'),
    ])
    expect(text).toBe('ab')
  })

  test('one thought in several fields is shown once', () => {
    const details = [{ type: 'reasoning.text', text: 'hm', index: 0 }]
    const { reasoning } = decode(chat, [
      chatChunk({ reasoning: 'hm', reasoning_details: details }),
      chatChunk({ reasoning_content: 'ja', reasoning: 'ja' }),
      chatChunk({ reasoning_details: [{ type: 'reasoning.summary', summary: 'so' }] }),
      finish('stop'),
    ])
    expect(reasoning).toBe('hmjaso')
  })

  test('content as a list of pieces', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'yes' },
    ]
    expect(decode(chat, [chatChunk({ content }, 'stop')])).toMatchObject({
      text: 'yes',
      reasoning: 'hm',
    })
  })

  test('half a character waits for its other half; what stays half is replaced', () => {
    const step = decode(chat, [
      chatChunk({ content: 'a\ud83d' }),
      chatChunk({ content: '\ude00b\ud83d' }),
      chatChunk({ refusal: 'x\0' }, 'stop'),
    ])
    const texts = step.deltas.flatMap((delta) => ('text' in delta ? [delta.text] : []))
    expect(texts).toEqual(['a', '\u{1f600}b', '\ufffd', 'x\ufffd'])
  })

  test('usage in the finish chunk, in one of its own, or in x_groq: the last counts', () => {
    const usage = {
      prompt_tokens: 1,
      completion_tokens: 2,
      prompt_tokens_details: { cached_tokens: 1 },
    }
    for (const more of [{ usage }, { x_groq: { usage } }]) {
      const { deltas } = decode(chat, [
        chatChunk({ content: 'x' }, 'stop'),
        { choices: [], ...more },
      ])
      expect(deltas).toContainEqual({
        type: 'usage',
        usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 1 },
      })
    }
  })

  test('an error inside a chunk keeps the text before it', () => {
    expect(decode(chat, [chatChunk({ content: 'x' }), { error: { message: 'no' } }])).toMatchObject(
      { text: 'x', fault: 'no' },
    )
  })
})
