import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { MAX_TEXT_BYTES } from './notifications.ts'
import { SECRET_LENGTH, seal, unseal } from './notification-seal.ts'

const secret = randomBytes(SECRET_LENGTH)

test('what is sealed is read by who has the secret, and by nobody else', () => {
  for (const text of ['', 'Hello', 'Grüße 👋', 'x'.repeat(MAX_TEXT_BYTES)]) {
    expect(unseal(secret, seal(secret, text))).toBe(text)
    expect(unseal(randomBytes(SECRET_LENGTH), seal(secret, text))).toBeNull()
  }
  expect(seal(secret, 'the same')).not.toBe(seal(secret, 'the same'))
})

test('the longest text fits into what Postgres takes, and one byte more would not do', () => {
  expect(seal(secret, 'x'.repeat(MAX_TEXT_BYTES)).length).toBeLessThan(8_000)
  expect(seal(secret, 'x'.repeat(MAX_TEXT_BYTES + 1)).length).toBeGreaterThanOrEqual(8_000)
})

test('what was changed in any byte, cut or made up is nothing', () => {
  const bytes = Buffer.from(seal(secret, 'Hello'), 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(unseal(secret, changed.toString('base64'))).toBeNull()
    expect(unseal(secret, bytes.subarray(0, at).toString('base64'))).toBeNull()
  }
  for (const payload of ['', '{}', 'null', 'A'.repeat(8_000), '\u{1F44B}'.repeat(100)]) {
    expect(unseal(secret, payload)).toBeNull()
  }
})
