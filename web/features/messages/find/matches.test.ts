import { expect, test } from 'vitest'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { findPlaces, offsetsOf } from './matches.ts'

const message = (id: string, role: 'user' | 'assistant', text: string) =>
  ({ id, role, parts: [{ type: 'text', text }] }) as unknown as AppMessage

test('words are found in what is read, in any case, from the first message to the last', () => {
  const messages = [
    message('a', 'user', 'Tide **tide**'),
    message(
      'b',
      'assistant',
      'The [TIDE](https://tide.example) of\n\n- the ti**de**\n\n| tide |\n|--|\n| x |',
    ),
  ]
  expect(findPlaces(messages, 'tide').map(({ messageId, index }) => messageId + index)).toEqual([
    'a0',
    'a1',
    'b0',
    'b1',
    'b2',
  ])
  expect(findPlaces(messages, '*tide*')).toHaveLength(1)
  expect(findPlaces(messages, ' ')).toEqual([])
})

test('offsets hold where lower case is longer', () => {
  expect(offsetsOf('İİ tide', 'TIDE')).toEqual([3])
  expect(offsetsOf('aaaa', 'aa')).toEqual([0, 2])
})
