import { expect, test } from 'vitest'
import { isUntouched } from './untouched.ts'

test('a page that somebody has begun to use is not replaced under their hands', () => {
  expect(isUntouched(1_000, { hasBeenActive: false })).toBe(true)
  expect(isUntouched(1_000, { hasBeenActive: true })).toBe(false)
  expect(isUntouched(60_000, { hasBeenActive: false })).toBe(false)
  // A browser that does not say it.
  expect(isUntouched(1_000, undefined)).toBe(false)
})
