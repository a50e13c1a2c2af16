import { chatCallRows } from './chat-call-rows.ts'
import { keepsCharactersWhole, leavesOut, reply, reports } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { refusal } from './scripted-port.ts'
import { chatAnswer, chatChunk, DONE, sse } from './scripted-provider.ts'
import { chatCalls, chatEnd } from './wire-events.ts'

const text = (content: string): object => chatChunk({ content })
const one = (piece: object): object => chatCalls({ index: 0, id: 'a1', name: 'add', ...piece })

/** The rows in Chat Completions. */
export const chatRows: Record<number, EdgeCase[]> = {
  ...chatCallRows,
  10: [
    {
      name: '[DONE] after text ends it',
      replies: [reply(text('x'), DONE)],
      text: 'x',
      finish: 'stop',
    },
    {
      name: 'the first of several counts',
      replies: [reply(chatChunk({ content: 'x' }, 'length'), chatEnd('stop'))],
      text: 'x',
      finish: 'length',
    },
  ],
  11: [
    {
      name: 'first, in the middle and with the usage',
      replies: [
        reply(
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
      replies: [reply(text('x'), ending, DONE)],
      text: 'x',
      check: reports({ inputTokens: 3, outputTokens: 4 }),
    })),
    {
      name: 'none is none',
      replies: [reply(chatAnswer('x'))],
      text: 'x',
      check: reports(null),
    },
  ],
  13: [
    {
      name: 'the first alone is read',
      replies: [
        reply(
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
        reply(
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
        reply(
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
    replies: [reply(text('x'), fault)],
    text: 'x',
    error: { code: 'provider_error', message: /overloaded/ },
    requests: 1,
  })),
  17: [
    {
      name: 'one ending',
      replies: [
        reply(text('x'), { error: { message: 'no' } }, { error: { message: 'no' } }, chatEnd()),
      ],
      text: 'x',
      error: { code: 'provider_error' },
    },
  ],
  20: [
    {
      name: 'after text it is cut',
      replies: [reply(text('x'))],
      text: 'x',
      error: { code: 'provider_cut' },
    },
    { name: 'without an event it is empty', replies: [{}], error: { code: 'provider_empty' } },
    { name: 'only [DONE] is empty', replies: [reply(DONE)], error: { code: 'provider_empty' } },
    {
      name: 'an ending after nothing is no success',
      replies: [reply(chatChunk({ role: 'assistant', content: '' }), chatEnd('stop'))],
      error: { code: 'provider_empty' },
    },
    {
      name: 'an ending after thoughts alone is none either',
      replies: [reply(chatChunk({ reasoning_content: 'hm' }), chatEnd('stop'))],
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
      replies: [reply(text('I add.'), one({ args: '{"a"' }), chatEnd('length'))],
      text: 'I add.',
      calls: [['add', '{"a"']],
      finish: 'length',
    },
    {
      name: 'with nothing said the limit is named',
      replies: [reply(one({ args: '{"a"' }), chatEnd('length'))],
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
    replies: [refusal(400, { message, param: name }), reply(chatAnswer('x'))],
    text: 'x',
    requests: 2,
    check: leavesOut(name),
  })),
  27: [
    {
      name: 'a short one is waited for',
      replies: [
        refusal(429, { message: 'slow' }, { 'retry-after-ms': '20' }),
        reply(chatAnswer('x')),
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
        reply(JSON.stringify({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] })),
      ],
      text: 'x',
      finish: 'stop',
    },
    {
      name: 'an error in it is an error',
      replies: [reply('{"error":{"message":"no room"}}')],
      error: { code: 'provider_error', message: /no room/ },
    },
    {
      name: 'anything else is no success',
      replies: [reply('{}')],
      error: { code: 'provider_empty' },
    },
  ],
  30: [
    {
      name: 'they are joined before they go out',
      replies: [reply(text('a\ud83d'), text('\ude00b'), chatEnd())],
      text: 'a😀b',
      check: keepsCharactersWhole,
    },
  ],
}
