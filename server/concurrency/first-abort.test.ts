import { expect, test } from 'vitest'
import { firstAbort } from './first-abort.ts'

test('aborts with the first of them, for its reason, also one that aborted before', () => {
  const [one, other] = [new AbortController(), new AbortController()]
  const both = firstAbort(one.signal, other.signal)
  expect(both.aborted).toBe(false)
  other.abort('other')
  one.abort('one')
  expect([both.aborted, both.reason]).toEqual([true, 'other'])
  const late = firstAbort(one.signal, other.signal)
  expect([late.aborted, late.reason]).toEqual([true, 'one'])
})
