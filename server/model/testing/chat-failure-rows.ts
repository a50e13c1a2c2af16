import { leavesOut, reply } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { refusal } from './scripted-port.ts'
import { chatAnswer, chatChunk, DONE, sse } from './scripted-provider.ts'
import { chatEnd, chatText } from './wire-events.ts'

/** The rows about requests that are refused and answers that fail, are cut or stall, in Chat Completions. */
export const chatFailureRows: Record<number, EdgeCase[]> = {
  16: [
    sse({ error: { message: 'overloaded', code: 502 } }),
    'event: error\ndata: {"message":"overloaded"}\n\n',
    sse(chatChunk({}, 'error', { error: { message: 'overloaded' } })),
  ].map((fault, number) => ({
    name: `the text before it stays, and nothing is tried again (${number + 1})`,
    replies: [reply(chatText('x'), fault)],
    text: 'x',
    error: { code: 'provider_error', message: /overloaded/ },
    requests: 1,
  })),
  17: [
    {
      name: 'one ending',
      replies: [
        reply(chatText('x'), { error: { message: 'no' } }, { error: { message: 'no' } }, chatEnd()),
      ],
      text: 'x',
      error: { code: 'provider_error' },
    },
  ],
  20: [
    {
      name: 'after text it is cut',
      replies: [reply(chatText('x'))],
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
      replies: [{ body: [sse(chatText('x'))], ending: 'hold' }],
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
      replies: [{ body: [sse(chatText('x'))], ending: 'hold' }],
      idleSeconds: 0.1,
      text: 'x',
      error: { code: 'provider_stalled', message: /LLM_IDLE_TIMEOUT/ },
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
}
