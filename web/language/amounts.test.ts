import { expect, test } from 'vitest'
import { formatBytes, formatDuration } from './amounts.ts'

test.each([
  [0, '0 ms'],
  [212.4, '212 ms'],
  [1234, '1.2 s'],
  [59_000, '59 s'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [7_320_000, '2 h 2 min'],
  [90_061_000, '1 d 1 h'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [8 * 1024 ** 3, '8.0 GiB'],
  [500 * 1024 ** 2, '500 MiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
