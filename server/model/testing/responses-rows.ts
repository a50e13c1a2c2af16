import { keepsCharactersWhole, leavesOut, reply, reports } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { responsesCallRows } from './responses-call-rows.ts'
import { refusal } from './scripted-port.ts'
import { sse } from './scripted-provider.ts'
import {
  argumentsDelta,
  callItem,
  completed,
  event,
  itemAdded,
  itemDone,
  messageItem,
  textDelta,
} from './wire-events.ts'

const hello = reply(textDelta('x'), completed([messageItem('x')]))
const failed = event('failed', { response: { status: 'failed', error: { message: 'no' } } })
const cut = (reason: string): object =>
  event('incomplete', {
    response: { status: 'incomplete', incomplete_details: { reason }, output: [] },
  })

/** The rows in the Responses API. */
export const responsesRows: Record<number, EdgeCase[]> = {
  ...responsesCallRows,
  10: [
    {
      name: 'a response that is completed without saying so',
      replies: [reply(JSON.stringify({ object: 'response', output: [messageItem('x')] }))],
      text: 'x',
      finish: 'stop',
    },
    {
      name: '[DONE] alone ends nothing',
      replies: [reply(textDelta('x'), 'data: [DONE]\n\n')],
      text: 'x',
      error: { code: 'provider_cut' },
    },
  ],
  12: [
    {
      name: 'in the finished response',
      replies: [hello],
      text: 'x',
      check: reports({ inputTokens: 1, outputTokens: 2 }),
    },
    {
      name: 'nowhere',
      replies: [reply(completed([messageItem('x')], { usage: null }))],
      text: 'x',
      check: reports(null),
    },
  ],
  14: [
    {
      name: 'its own words or its summary, not both',
      replies: [
        reply(
          event('reasoning_text.delta', { output_index: 0, content_index: 0, delta: 'hm' }),
          event('reasoning_summary_text.delta', { output_index: 0, summary_index: 0, delta: 'so' }),
          textDelta('x', 1),
          completed(),
        ),
      ],
      reasoning: 'hm',
      text: 'x',
    },
  ],
  15: [
    {
      name: 'they are passed over',
      replies: [
        reply(
          event('output_text.delta', { output_index: 0, delta: null }),
          event('in_progress', { response: null }),
          event('something_new.delta', {}),
          textDelta(''),
          textDelta('x'),
          completed(),
        ),
      ],
      text: 'x',
    },
  ],
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
  18: [
    {
      name: 'the place in the output tells them apart',
      replies: [
        reply(
          textDelta('a', 0, { item_id: 'p' }),
          textDelta('b', 0, { item_id: 'q' }),
          event('output_text.done', {
            output_index: 0,
            content_index: 0,
            item_id: 'r',
            text: 'ab',
          }),
          completed([messageItem('ab')]),
        ),
      ],
      text: 'ab',
    },
  ],
  19: [
    {
      name: 'what is missing is made up for, what was sent is not sent twice',
      replies: [
        reply(
          textDelta('He'),
          itemDone(0, messageItem('Hello')),
          itemAdded(1, callItem('')),
          argumentsDelta(1, '{"a"'),
          itemDone(1, callItem('{"a":1}')),
          completed([messageItem('Hello'), callItem('{"a":1}')]),
        ),
      ],
      text: 'Hello',
      calls: [['add', '{"a":1}']],
    },
    {
      name: 'what contradicts what was sent adds nothing',
      replies: [reply(textDelta('Hello'), itemDone(0, messageItem('Bye')), completed())],
      text: 'Hello',
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
  23: [
    {
      name: 'byte by byte',
      replies: [
        {
          body: [
            ...Buffer.from(
              `: hi\r\n\r\n${(sse(textDelta('ä€😀')) + completed()).replaceAll('\n', '\r\n')}`,
            ),
          ].map((byte) => Uint8Array.of(byte)),
        },
      ],
      text: 'ä€😀',
      finish: 'stop',
    },
  ],
  24: [
    {
      name: 'the call is not carried out',
      replies: [
        reply(textDelta('I add.'), itemAdded(1, callItem('{"a"')), cut('max_output_tokens')),
      ],
      text: 'I add.',
      calls: [['add', '{"a"']],
      finish: 'length',
    },
    {
      name: 'with nothing said the limit is named',
      replies: [reply(itemAdded(0, callItem('{"a"')), cut('max_output_tokens'))],
      error: { code: 'provider_empty', message: /LLM_MAX_TOKENS/ },
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
  30: [
    {
      name: 'they are joined before they go out',
      replies: [
        reply(textDelta('a\ud83d'), textDelta('\ude00b'), completed([messageItem('a😀b')])),
      ],
      text: 'a😀b',
      check: keepsCharactersWhole,
    },
  ],
}
