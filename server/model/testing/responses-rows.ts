import { keepsCharactersWhole, reply, reports } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { responsesCallRows } from './responses-call-rows.ts'
import { responsesFailureRows } from './responses-failure-rows.ts'
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

const cut = (reason: string): object =>
  event('incomplete', {
    response: { status: 'incomplete', incomplete_details: { reason }, output: [] },
  })

/** The rows in the Responses API. */
export const responsesRows: Record<number, EdgeCase[]> = {
  ...responsesCallRows,
  ...responsesFailureRows,
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
      replies: [reply(textDelta('x'), completed([messageItem('x')]))],
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
