import { chatCallRows } from './chat-call-rows.ts'
import { chatFailureRows } from './chat-failure-rows.ts'
import { keepsCharactersWhole, reply, reports } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { chatAnswer, chatChunk, DONE, sse } from './scripted-provider.ts'
import { chatCalls, chatEnd, chatText } from './wire-events.ts'

const one = (piece: object): object => chatCalls({ index: 0, id: 'a1', name: 'add', ...piece })

/** The rows in Chat Completions. */
export const chatRows: Record<number, EdgeCase[]> = {
  ...chatCallRows,
  ...chatFailureRows,
  10: [
    {
      name: '[DONE] after text ends it',
      replies: [reply(chatText('x'), DONE)],
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
          chatText('a'),
          { choices: [] },
          { choices: [null, { delta: null }] },
          chatText('b'),
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
      replies: [reply(chatText('x'), ending, DONE)],
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
          chatText('x'),
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
          chatText('x'),
          chatEnd(),
        ),
      ],
      text: 'x',
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
      replies: [reply(chatText('I add.'), one({ args: '{"a"' }), chatEnd('length'))],
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
  30: [
    {
      name: 'they are joined before they go out',
      replies: [reply(chatText('a\ud83d'), chatText('\ude00b'), chatEnd())],
      text: 'a😀b',
      check: keepsCharactersWhole,
    },
  ],
}
