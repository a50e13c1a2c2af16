import { expect } from 'vitest'
import { reply, twoCalls } from './edge-cases.ts'
import type { EdgeCase } from './edge-cases.ts'
import {
  argumentsDelta,
  callItem,
  completed,
  event,
  itemAdded,
  itemDone,
  messageItem,
} from './wire-events.ts'

/** The rows about calls, in the Responses API. */
export const responsesCallRows: Record<number, EdgeCase[]> = {
  1: [
    {
      name: 'known by the item’s id',
      replies: [
        reply(
          event('output_item.added', { item: callItem('', 'c1', 'add') }),
          event('output_item.added', { item: callItem('', 'c2', 'mul') }),
          event('function_call_arguments.delta', { item_id: 'fc_c1', delta: '{"a":1}' }),
          event('function_call_arguments.delta', { item_id: 'fc_c2', delta: '{"b":2}' }),
          completed(),
        ),
      ],
      calls: twoCalls,
    },
  ],
  3: [
    {
      name: 'each place is an item',
      replies: [
        reply(
          itemAdded(3, callItem('', 'c1', 'add')),
          argumentsDelta(3, '{"a":1}'),
          itemAdded(7, callItem('', 'c2', 'mul')),
          argumentsDelta(7, '{"b":2}'),
          completed(),
        ),
      ],
      calls: twoCalls,
    },
  ],
  4: [
    {
      name: 'such a call gets an id of its own',
      replies: [
        reply(
          ...['', '0', 'used', 'fresh'].map((id, index) =>
            itemDone(index, callItem('{}', id, 'f')),
          ),
          completed(),
        ),
      ],
      step: {
        messages: [
          {
            role: 'assistant',
            text: '',
            calls: [{ id: 'used', name: 'f', arguments: '{}' }],
            providerState: null,
          },
        ],
      },
      calls: Array.from({ length: 4 }, () => ['f', '{}']),
      check: ({ calls }) => {
        expect(calls[3]?.id).toBe('fresh')
        for (const { id } of calls.slice(0, 3)) expect(id).toMatch(/^call_[0-9a-f]{24}$/)
      },
    },
  ],
  6: [null, ''].map((args) => ({
    name: `${JSON.stringify(args)} is {}`,
    replies: [reply(itemAdded(0, callItem('')), itemDone(0, callItem(args)), completed())],
    calls: [['add', '{}']],
    finish: 'tool-calls',
  })),
  7: [
    {
      name: 'they go to the tool as they are',
      replies: [reply(itemDone(0, callItem('{"a":')), completed())],
      calls: [['add', '{"a":']],
    },
  ],
  8: [
    {
      name: 'only the finished response has anything',
      replies: [
        reply(completed([messageItem('x'), callItem('{"a":1}'), callItem('{"b":2}', 'c2', 'mul')])),
      ],
      text: 'x',
      calls: twoCalls,
    },
  ],
}
