import { leavesOut, reply } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { refusal } from './scripted-port.ts'
import { sse } from './scripted-provider.ts'
import { completed, event, messageItem, textDelta } from './wire-events.ts'

const hello = reply(textDelta('x'), completed([messageItem('x')]))
const failed = event('failed', { response: { status: 'failed', error: { message: 'no' } } })

/** The rows about requests that are refused and answers that fail, are cut or stall, in the Responses API. */
export const responsesFailureRows: Record<number, EdgeCase[]> = {
  16: [
    { type: 'error', error: { message: 'no' } },
    { type: 'error', code: 'x', message: 'no' },
    { error: { message: 'no' } },
    failed,
  ].map((fault, number) => ({
    name: `the text before it stays, and nothing is tried again (${number + 1})`,
    replies: [reply(textDelta('x'), fault)],
    text: 'x',
    error: { code: 'provider_error', message: /says: no/ },
    requests: 1,
  })),
  17: [
    {
      name: '`error`, then `response.failed`: one ending',
      replies: [reply(textDelta('x'), { type: 'error', message: 'no' }, failed)],
      text: 'x',
      error: { code: 'provider_error' },
    },
  ],
  20: [
    {
      name: 'after text it is cut',
      replies: [reply(textDelta('x'))],
      text: 'x',
      error: { code: 'provider_cut' },
    },
    { name: 'without an event it is empty', replies: [{}], error: { code: 'provider_empty' } },
    {
      name: 'an ending after nothing is no success',
      replies: [reply(completed())],
      error: { code: 'provider_empty' },
    },
  ],
  21: [
    {
      name: 'nothing follows',
      replies: [{ body: [sse(textDelta('x'))], ending: 'hold' }],
      abort: true,
      text: 'x',
    },
  ],
  22: [
    {
      name: 'before',
      replies: [{ body: [sse(event('created', { response: {} }))], ending: 'hold' }],
      timeoutSeconds: 0.1,
      error: { code: 'provider_timeout' },
    },
    {
      name: 'after',
      replies: [{ body: [sse(textDelta('x'))], ending: 'hold' }],
      idleSeconds: 0.1,
      text: 'x',
      error: { code: 'provider_stalled' },
    },
    {
      name: 'events without a word do not keep it alive for ever',
      replies: [
        {
          body: [
            sse(textDelta('x')),
            ...Array.from({ length: 100 }, () => [
              sse(
                event('output_item.added', { output_index: 5, item: { type: 'web_search_call' } }),
              ),
              { delay: 20 },
            ]).flat(),
          ],
          ending: 'hold',
        },
      ],
      idleSeconds: 0.1,
      text: 'x',
      error: { code: 'provider_stalled' },
    },
  ],
  25: [
    {
      name: 'a person reads words',
      replies: [
        {
          status: 503,
          headers: { 'content-type': 'text/html', 'retry-after-ms': '1' },
          body: ['<html>Down</html>'],
        },
      ],
      error: { code: 'provider_error', message: /^[^<]*\(503\)[^<]*$/ },
      requests: 3,
    },
  ],
  26: [
    ['max_output_tokens', 'Unsupported parameter: max_output_tokens'],
    ['temperature', "Unsupported parameter: 'temperature' is not supported with this model."],
    ['include', 'Encrypted content is not supported with this model.'],
    ['strict', "Unknown parameter: 'tools[0].strict'."],
    ['store', 'Unknown parameter: store'],
  ].map(([name = '', message]) => ({
    name: `${name} is left out`,
    replies: [refusal(400, { message, param: name }), hello],
    step: { tools: [{ name: 'add', description: 'Adds', inputSchema: { type: 'object' } }] },
    text: 'x',
    requests: 2,
    check: leavesOut(name),
  })),
  27: [
    {
      name: 'a short one is waited for',
      replies: [refusal(503, { message: 'slow' }, { 'retry-after-ms': '20' }), hello],
      text: 'x',
      requests: 2,
    },
    {
      name: 'a long one is said',
      replies: [refusal(503, { message: 'slow' }, { 'retry-after': '90' })],
      error: { code: 'provider_error', message: /90 s/ },
      requests: 1,
    },
  ],
  28: [
    {
      name: 'once without ids, then not at all',
      replies: [
        refusal(400, { message: "Item with id 'rs_1' not found.", param: 'input' }),
        refusal(400, { message: 'The encrypted content for item rs_1 could not be verified.' }),
        hello,
      ],
      text: 'x',
      requests: 3,
    },
  ],
  29: [
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
