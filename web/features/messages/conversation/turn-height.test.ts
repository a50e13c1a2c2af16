import { expect, test } from 'vitest'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { turnHeight } from './turn-height.ts'

function said(role: 'user' | 'assistant', text: string): AppMessage {
  return { role, parts: [{ type: 'text', text }] } as unknown as AppMessage
}

test('a turn counts as about as high as the newest ones are, so that few rows are drawn in vain', () => {
  const short = [said('user', 'Hello'), said('assistant', 'Hello to you')]
  expect(turnHeight(short)).toBeLessThan(200)
  const long = [said('user', 'Why?'), said('assistant', 'word '.repeat(2_000))]
  expect(turnHeight(long)).toBeGreaterThan(3_000)
  // The first turns are not near the view.
  const lately = Array.from({ length: 10 }, () => short).flat()
  expect(turnHeight([...long, ...lately])).toBe(turnHeight(short))
  expect(turnHeight([])).toBeLessThan(200)
})
