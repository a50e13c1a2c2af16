import { expect, test } from 'vitest'
import { keptRows } from './kept-rows.ts'
import { turnsOf } from './turns.ts'

const turns = turnsOf(
  ['q1', 'a1', 'q2', 'a2', 'q3', 'a3'].map((id) => ({
    id,
    role: id.startsWith('q') ? 'user' : 'assistant',
  })),
  ['q4'],
)

test('the last turn, the running answer’s, and those with the focus and all of the selection stay drawn', () => {
  expect(keptRows(turns, null, [])).toEqual([3])
  expect(keptRows(turns, 'a3', [])).toEqual([2, 3])
  expect(keptRows(turns, 'a3', [['q1'], ['q3', 'gone']])).toEqual([0, 2, 3])
  // A copy contains all rows between its ends, in whichever order they are given.
  expect(keptRows(turns, null, [['q3', 'q1']])).toEqual([0, 1, 2, 3])
  expect(keptRows(turns, null, [['gone']])).toEqual([3])
  expect(keptRows([], null, [['q1']])).toEqual([])
  const many = turnsOf(
    Array.from({ length: 2_000 }, (_, index) => ({ id: `q${index}`, role: 'user' })),
    [],
  )
  expect(keptRows(many, null, [['q0', 'q1500']])).toEqual([0, 1500, 1999])
})
