import { expect, test } from 'vitest'
import { barsOf, localDay } from './days.ts'
import { formatCost } from '../../language/amounts.ts'

const used = (day: string, inputTokens: number) => ({ day, inputTokens, outputTokens: 1 })

test('each day of a period has its bar, with all models together, also days without use', () => {
  const usage = [used('2026-03-28', 5), used('2026-03-28', 7), used('2026-03-30', 1)]
  expect(
    barsOf(usage, '2026-03-28', '2026-03-31').map((bar) => [bar.day, bar.inputTokens]),
  ).toEqual([
    ['2026-03-28', 12],
    ['2026-03-29', 0],
    ['2026-03-30', 1],
    ['2026-03-31', 0],
  ])
})

test('all of it begins with the first day of use, and a long time is told by month', () => {
  const usage = [used('2025-11-30', 5), used('2026-03-01', 7), used('2026-03-30', 1)]
  expect(barsOf(usage, null, '2026-03-31').map((bar) => [bar.day, bar.inputTokens])).toEqual([
    ['2025-11-01', 5],
    ['2025-12-01', 0],
    ['2026-01-01', 0],
    ['2026-02-01', 0],
    ['2026-03-01', 8],
  ])
  expect(barsOf([], null, '2026-03-31')).toEqual([])
})

test('a day is that of the reader’s calendar', () => {
  expect(localDay(new Date(2026, 0, 2, 23, 59))).toBe('2026-01-02')
})

test('a cost that nobody knows is said to be unknown, and never shown as nothing', () => {
  expect(formatCost(null)).toBe('unknown')
  expect(formatCost(0)).toBe('$0.00')
  expect(formatCost(1234.5)).toBe('$1,234.50')
  expect(formatCost(0.00042)).toBe('$0.00042')
})
