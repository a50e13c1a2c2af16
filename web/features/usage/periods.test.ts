import { expect, test } from 'vitest'
import { changeOf, periodsOf } from './periods.ts'
import { csvOfAnswers } from './answers-table.tsx'

test('a period is compared with as many days before it, in the reader’s days', () => {
  const today = new Date(2026, 2, 31, 15)
  expect(periodsOf('7', today)).toEqual({
    now: { from: new Date(2026, 2, 25).toISOString() },
    before: { from: new Date(2026, 2, 18).toISOString(), to: new Date(2026, 2, 25).toISOString() },
  })
  expect(periodsOf('all', today)).toEqual({ now: {}, before: null })
})

test('a change is said in words, and not where nothing was before', () => {
  expect(changeOf(150, 100)).toBe('50 % more')
  expect(changeOf(25, 100)).toBe('75 % less')
  expect(changeOf(100, 100)).toBe('as before')
  expect(changeOf(5, 0)).toBeNull()
  expect(changeOf(null, 3)).toBeNull()
})

test('a table as CSV keeps commas and quotes in names, and makes no formula of them', () => {
  const row = {
    ...{ key: 'x', title: 'A "quay", old', answers: 2, failed: 1, toolCalls: 3, toolFailures: 0 },
    ...{
      firstTokenMs: 420,
      slowFirstTokenMs: null,
      inputTokens: 10,
      outputTokens: 5,
      costUsd: null,
    },
  }
  expect(csvOfAnswers('Session', [row, { ...row, title: '=1+1' }])).toBe(
    [
      'Session,Answers,Failed,Tools,Tool failures,First word (ms),Input tokens,Output tokens,Cost (USD)',
      '"A ""quay"", old",2,1,3,0,420,10,5,',
      `'=1+1,2,1,3,0,420,10,5,`,
      '',
    ].join('\r\n'),
  )
})
