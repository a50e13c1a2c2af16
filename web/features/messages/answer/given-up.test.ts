import { expect, test } from 'vitest'
import type { AppPart } from '../../../../shared/client/index.ts'
import { givenUpText, seenAfter } from './given-up.ts'

const text = (value: string): AppPart[] => (value === '' ? [] : [{ type: 'text', text: value }])

test('after a takeover the text that was seen stays until the new attempt has passed it', () => {
  const rest = (seen: ReturnType<typeof seenAfter>): string => givenUpText(seen)
  let seen = seenAfter({ parts: text('One two'), lost: null }, text('One two three'), true)
  expect(rest(seen)).toBe('')
  seen = seenAfter(seen, text(''), true)
  expect(rest(seen)).toBe('One two three')
  seen = seenAfter(seen, text('Once up'), true)
  expect(rest(seen)).toBe(' three')
  // A second takeover before the first has caught up.
  seen = seenAfter(seen, text(''), true)
  expect(rest(seen)).toBe('One two three')
  seen = seenAfter(seen, text('Once upon a time'), true)
  expect(seen.lost).toBeNull()
  expect(seenAfter(seenAfter(seen, text(''), true), text('O'), false).lost).toBeNull()
})
