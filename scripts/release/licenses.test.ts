import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findLicenses, isAllowed } from './licenses.ts'

test('everything that runs is under a licence that is allowed', () => {
  const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
  const found = findLicenses(lock)
  expect(found.length).toBeGreaterThan(300)
  expect(found.filter(({ license }) => !isAllowed(license))).toEqual([])
})

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-or-later)', true],
  ['(MIT AND Zlib)', true],
  ['Apache-2.0 AND GPL-3.0-only', false],
  ['AGPL-3.0-only', false],
  ['none', false],
])('%s is allowed: %s', (license, allowed) => {
  expect(isAllowed(license)).toBe(allowed)
})
