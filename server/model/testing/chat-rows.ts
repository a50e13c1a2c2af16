import { expect } from 'vitest'
import type { EdgeCase } from './edge-cases.ts'
import { chatAnswer, chatChunk, DONE, sse, type ScriptedReply } from './scripted-provider.ts'
import { refusal } from './scripted-port.ts'
import { chatCalls, chatEnd } from './wire-events.ts'
import type { CollectedStep } from './collect.ts'

const two: [string, string][] = [
  ['add', '{"a":1}'],
  ['mul', '{"b":2}'],
]
const body = (...pieces: (object | string)[]): ScriptedReply => ({
  body: pieces.map((piece) => (typeof piece === 'string' ? piece : sse(piece))),
})
const text = (content: string | null): object => chatChunk({ content })
const one = (piece: object): object => chatCalls({ index: 0, id: 'a1', name: 'add', ...piece })
const usageOf = ({ deltas }: CollectedStep): unknown =>
  deltas.findLast(({ type }) => type === 'usage')

/** The rows as Chat Completions shows them. */
export const chatRows: Record<number, EdgeCase[]> = {
  1: [
    {
      name: 'a known id goes on, a new id opens a call, no id goes to the open one',
      replies: [
        body(
          chatCalls({ id: 'a1', name: 'add', args: '{"a"' }),
          chatCalls({ id: 'b2', name: 'mul', args: '{"b"' }),
          chatCalls({ args: ':2}' }),
          chatCalls({ id: 'a1', args: ':1}' }),
          chatEnd(),
        ),
      ],
      calls: two,
      finish: 'tool-calls',
    },
  ],
  2: [
    {
      name: 'it is a new call',
      replies: [
        body(
          one({ args: '{"a":1}' }),
          chatCalls({ index: 0, id: 'b2', name: 'mul', args: '{"b":2}' }),
          chatEnd(),
        ),
      ],
      calls: two,
    },
  ],
  3: [
    {
      name: 'each place is a call',
      replies: [
        body(
          chatCalls({ index: 1, id: 'a1', name: 'add', args: '{"a"' }),
          chatCalls({ index: 9, id: 'b2', name: 'mul', args: '{"b":2}' }),
          chatCalls({ index: 1, args: ':1}' }),
          chatEnd('tool_calls'),
        ),
      ],
      calls: two,
    },
  ],
  4: [
    {
      name: 'such a call gets an id of its own, under which its result goes back',
      replies: [
        body(
          ...['', '0', 'used', 'fresh'].map((id, index) =>
            chatCalls({ index, id, name: 'f', args: '{}' }),
          ),
          chatEnd(),
        ),
      ],
      step: {
        messages: [
          { role: 'user', text: 'hi' },
          {
            role: 'assistant',
            text: '',
            calls: [{ id: 'used', name: 'f', arguments: '{}' }],
            providerState: null,
          },
          { role: 'tool', callId: 'used', output: '1', failed: false },
        ],
      },
      calls: Array.from({ length: 4 }, () => ['f', '{}']),
      check: ({ calls }) => {
        expect(calls[3]?.id).toBe('fresh')
        for (const { id } of calls.slice(0, 3)) expect(id).toMatch(/^call_[0-9a-f]{24}$/)
      },
    },
  ],
  5: [
    {
      name: 'it is waited for, and an empty one later changes nothing',
      replies: [
        body(
          chatCalls({ index: 0, id: 'a1', name: '', args: '{"a"' }),
          chatCalls({ index: 0, name: 'add' }),
          chatCalls({ index: 0, name: '', args: ':1}' }),
          chatEnd(),
        ),
      ],
      calls: [['add', '{"a":1}']],
    },
  ],
  6: [null, '', 'null'].map((args) => ({
    name: `${JSON.stringify(args)} is {}`,
    replies: [body(one({ args }), chatEnd())],
    calls: [['add', '{}']],
  })),
  7: [
    {
      name: 'they go to the tool as they are, and back to the provider as JSON',
      replies: [body(one({ args: '{"a":' }), chatEnd())],
      step: {
        messages: [
          {
            role: 'assistant',
            text: '',
            calls: [{ id: 'x1', name: 'bad name!', arguments: 'oops' }],
            providerState: null,
          },
        ],
      },
      calls: [['add', '{"a":']],
      check: (_step, [request]) => {
        expect(JSON.stringify(request?.body)).toContain(
          String.raw`"name":"bad_name_","arguments":"{\"unreadable_arguments\":\"oops\"}"`,
        )
      },
    },
  ],
  8: [
    {
      name: 'several whole calls in one array, arguments as an object',
      replies: [
        body(
          chatCalls({ name: 'add', args: '{"a":1}' }, { name: 'mul', args: { b: 2 } }),
          chatEnd(),
        ),
      ],
      calls: two,
    },
  ],
  9: [
    {
      name: 'the calls count',
      replies: [body(text('I add.'), one({ args: '{}' }), chatEnd('stop'))],
      text: 'I add.',
      calls: [['add', '{}']],
      finish: 'tool-calls',
    },
  ],
  10: [
    {
      name: '[DONE] after text ends it',
      replies: [body(text('x'), DONE)],
      text: 'x',
      finish: 'stop',
    },
    {
      name: 'the first of several counts',
      replies: [body(chatChunk({ content: 'x' }, 'length'), chatEnd('stop'))],
      text: 'x',
      finish: 'length',
    },
  ],
  11: [
    {
      name: 'first, in the middle and with the usage',
      replies: [
        body(
          { choices: [], prompt_filter_results: [] },
          text('a'),
          { choices: [] },
          { choices: [null, { delta: null }] },
          text('b'),
          sse(chatChunk({}, 'stop')),
          { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
          DONE,
        ),
      ],
      text: 'ab',
      finish: 'stop',
    },
  ],
  12: [
    ...[
      sse(chatChunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 4 } })),
      sse(chatChunk({}, 'stop'), {
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 4 },
      }),
      sse(chatChunk({}, 'stop', { x_groq: { usage: { prompt_tokens: 3, completion_tokens: 4 } } })),
      sse(chatChunk({}, 'stop', { usage: { prompt_tokens: 1, completion_tokens: 1 } }), {
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 4.2 },
      }),
    ].map((ending, number) => ({
      name: `the last counts (${number + 1})`,
      replies: [body(text('x'), ending, DONE)],
      text: 'x',
      check: (step: CollectedStep) =>
        expect(usageOf(step)).toMatchObject({ usage: { inputTokens: 3, outputTokens: 4 } }),
    })),
    {
      name: 'none is none',
      replies: [body(chatAnswer('x'))],
      text: 'x',
      check: (step) => expect(usageOf(step)).toBeUndefined(),
    },
  ],
  13: [
    {
      name: 'the first alone is read',
      replies: [
        body(
          {
            choices: [
              { index: 1, delta: { content: 'b' } },
              { index: 0, delta: { content: 'a' } },
            ],
          },
          { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
          chatEnd(),
        ),
      ],
      text: 'a',
      finish: 'stop',
    },
  ],
  14: [
    {
      name: 'it is shown once',
      replies: [
        body(
          chatChunk({
            reasoning: 'hm',
            reasoning_details: [{ type: 'reasoning.text', text: 'hm' }],
          }),
          chatChunk({ reasoning: ', so', reasoning_content: ', so' }),
          text('x'),
          chatEnd(),
        ),
      ],
      reasoning: 'hm, so',
      text: 'x',
    },
  ],
  15: [
    {
      name: 'they are passed over',
      replies: [
        body(
          chatChunk({ role: 'assistant', content: null, refusal: '', tool_calls: null }),
          chatChunk({ content: '' }),
          text('x'),
          chatEnd(),
        ),
      ],
      text: 'x',
    },
  ],
  16: [
    sse({ error: { message: 'overloaded', code: 502 } }),
    'event: error\ndata: {"message":"overloaded"}\n\n',
    sse(chatChunk({}, 'error', { error: { message: 'overloaded' } })),
  ].map((fault, number) => ({
    name: `the text before it stays, and nothing is tried again (${number + 1})`,
    replies: [body(text('x'), fault)],
    text: 'x',
    error: { code: 'provider_error', message: /overloaded/ },
    requests: 1,
  })),
  17: [
    {
      name: 'one ending',
      replies: [
        body(text('x'), { error: { message: 'no' } }, { error: { message: 'no' } }, chatEnd()),
      ],
      text: 'x',
      error: { code: 'provider_error' },
    },
  ],
  20: [
    {
      name: 'after text it is cut',
      replies: [body(text('x'))],
      text: 'x',
      error: { code: 'provider_cut' },
    },
    { name: 'without an event it is empty', replies: [{}], error: { code: 'provider_empty' } },
    { name: 'only [DONE] is empty', replies: [body(DONE)], error: { code: 'provider_empty' } },
    {
      name: 'an ending after nothing is no success',
      replies: [body(chatChunk({ role: 'assistant', content: '' }), chatEnd('stop'))],
      error: { code: 'provider_empty' },
    },
    {
      name: 'an ending after thoughts alone is none either',
      replies: [body(chatChunk({ reasoning_content: 'hm' }), chatEnd('stop'))],
      reasoning: 'hm',
      error: { code: 'provider_empty' },
    },
  ],
  21: [
    {
      name: 'nothing follows, and the provider is left',
      replies: [{ body: [sse(text('x'))], ending: 'hold' }],
      abort: true,
      text: 'x',
    },
  ],
  22: [
    {
      name: 'before',
      replies: [{ body: [sse(chatChunk({ role: 'assistant' }))], ending: 'hold' }],
      timeoutSeconds: 0.1,
      error: { code: 'provider_timeout', message: /LLM_TIMEOUT/ },
    },
    {
      name: 'after',
      replies: [{ body: [sse(text('x'))], ending: 'hold' }],
      idleSeconds: 0.1,
      text: 'x',
      error: { code: 'provider_stalled', message: /LLM_IDLE_TIMEOUT/ },
    },
  ],
  23: [
    {
      name: 'byte by byte',
      replies: [
        {
          body: [...Buffer.from(`: hi\r\n\r\n${chatAnswer('ä€😀').replaceAll('\n', '\r\n')}`)].map(
            (byte) => Uint8Array.of(byte),
          ),
        },
      ],
      text: 'ä€😀',
      finish: 'stop',
    },
  ],
  24: [
    {
      name: 'the call is not carried out',
      replies: [body(text('I add.'), one({ args: '{"a"' }), chatEnd('length'))],
      text: 'I add.',
      calls: [['add', '{"a"']],
      finish: 'length',
    },
    {
      name: 'with nothing said the limit is named',
      replies: [body(one({ args: '{"a"' }), chatEnd('length'))],
      error: { code: 'provider_empty', message: /500 tokens \(LLM_MAX_TOKENS\)/ },
    },
  ],
  25: [
    {
      name: 'a person reads words',
      replies: [
        {
          status: 502,
          headers: { 'content-type': 'text/html', 'retry-after-ms': '1' },
          body: ['<html><h1>Bad Gateway</h1></html>'],
        },
      ],
      error: { code: 'provider_error', message: /^[^<]*not available \(502\)[^<]*$/ },
      requests: 3,
    },
  ],
  26: [
    [
      'max_tokens',
      "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.",
    ],
    ['temperature', "Unsupported value: 'temperature' does not support 0.5"],
    ['stream_options', 'Unrecognized request argument supplied: stream_options'],
  ].map(([name = '', message]) => ({
    name: `${name} is left out`,
    replies: [refusal(400, { message, param: name }), body(chatAnswer('x'))],
    text: 'x',
    requests: 2,
    check: (_step, requests) => {
      expect(requests[0]?.body).toHaveProperty(name)
      expect(requests[1]?.body).not.toHaveProperty(name)
    },
  })),
  27: [
    {
      name: 'a short one is waited for',
      replies: [
        refusal(429, { message: 'slow' }, { 'retry-after-ms': '20' }),
        body(chatAnswer('x')),
      ],
      text: 'x',
      requests: 2,
    },
    {
      name: 'a long one is said',
      replies: [refusal(429, { message: 'slow' }, { 'retry-after': '3600' })],
      error: { code: 'provider_rate_limit', message: /60 minutes/ },
      requests: 1,
    },
  ],
  29: [
    {
      name: 'it is read as one answer',
      replies: [
        body(JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] })),
      ],
      text: 'x',
      finish: 'stop',
    },
    {
      name: 'an error in it is an error',
      replies: [body('{"error":{"message":"no room"}}')],
      error: { code: 'provider_error', message: /no room/ },
    },
    {
      name: 'anything else is no success',
      replies: [body('{}')],
      error: { code: 'provider_empty' },
    },
  ],
  30: [
    {
      name: 'they are joined before they go out',
      replies: [body(text('a\ud83d'), text('\ude00b'), chatEnd())],
      text: 'a😀b',
      check: ({ deltas }) => {
        for (const delta of deltas)
          if ('text' in delta) expect(delta.text.isWellFormed()).toBe(true)
      },
    },
  ],
}
