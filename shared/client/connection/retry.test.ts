import { expect, test } from 'vitest'
import { retryDelay } from './retry.ts'

test('the first retry is quick, later ones wait longer up to a limit, and no two clients agree', () => {
  expect(retryDelay(1, 0)).toBe(100)
  expect(retryDelay(1, 1)).toBe(200)
  expect(retryDelay(4, 0.5)).toBe(1200)
  expect(retryDelay(50, 1)).toBe(10_000)
  expect(retryDelay(5000, 0)).toBe(5_000)
})
