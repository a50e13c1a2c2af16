import { expect } from 'vitest'
import { reply, twoCalls } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import { chatCalls, chatEnd, chatText } from './wire-events.ts'

const one = (piece: object): object => chatCalls({ index: 0, id: 'a1', name: 'add', ...piece })

/** The rows about calls, in Chat Completions. */
export const chatCallRows: Record<number, EdgeCase[]> = {
  1: [
    {
      name: 'a known id goes on, a new id opens a call, no id goes to the open one',
      replies: [
        reply(
          chatCalls({ id: 'a1', name: 'add', args: '{"a"' }),
          chatCalls({ id: 'b2', name: 'mul', args: '{"b"' }),
          chatCalls({ args: ':2}' }),
          chatCalls({ id: 'a1', args: ':1}' }),
          chatEnd(),
        ),
      ],
      calls: twoCalls,
      finish: 'tool-calls',
    },
  ],
  2: [
    {
      name: 'it is a new call',
      replies: [
        reply(
          one({ args: '{"a":1}' }),
          chatCalls({ index: 0, id: 'b2', name: 'mul', args: '{"b":2}' }),
          chatEnd(),
        ),
      ],
      calls: twoCalls,
    },
  ],
  3: [
    {
      name: 'each place is a call',
      replies: [
        reply(
          chatCalls({ index: 1, id: 'a1', name: 'add', args: '{"a"' }),
          chatCalls({ index: 9, id: 'b2', name: 'mul', args: '{"b":2}' }),
          chatCalls({ index: 1, args: ':1}' }),
          chatEnd('tool_calls'),
        ),
      ],
      calls: twoCalls,
    },
  ],
  4: [
    {
      name: 'such a call gets an id of its own, under which its result goes back',
      replies: [
        reply(
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
        reply(
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
    replies: [reply(one({ args }), chatEnd())],
    calls: [['add', '{}']],
  })),
  7: [
    {
      name: 'they go to the tool as they are, and back to the provider as JSON',
      replies: [reply(one({ args: '{"a":' }), chatEnd())],
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
        reply(
          chatCalls({ name: 'add', args: '{"a":1}' }, { name: 'mul', args: { b: 2 } }),
          chatEnd(),
        ),
      ],
      calls: twoCalls,
    },
  ],
  9: [
    {
      name: 'the calls count',
      replies: [reply(chatText('I add.'), one({ args: '{}' }), chatEnd('stop'))],
      text: 'I add.',
      calls: [['add', '{}']],
      finish: 'tool-calls',
    },
  ],
}
