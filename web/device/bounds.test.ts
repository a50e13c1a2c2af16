import { expect, test } from 'vitest'
import { beyondBounds } from './bounds.ts'

test('what a device keeps is bounded in number and in size, and the oldest goes first', () => {
  const kept = ['a', 'b', 'c', 'd'].map((id, at) => ({ id, at, length: 10 }))
  expect(beyondBounds(kept, { sessions: 4, length: 40 })).toEqual([])
  expect(beyondBounds(kept, { sessions: 3, length: 40 })).toEqual(['a'])
  expect(beyondBounds(kept, { sessions: 4, length: 25 })).toEqual(['b', 'a'])
})
