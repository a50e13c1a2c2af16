import { expect, test, vi } from 'vitest'
import { inTime } from './in-time.ts'

test('what never ends does not keep anybody from leaving', async () => {
  vi.useFakeTimers()
  try {
    let isOver = false
    const over = inTime(2_000, [new Promise(() => {}), Promise.reject(new Error('no'))]).then(
      () => (isOver = true),
    )
    await vi.advanceTimersByTimeAsync(1_999)
    expect(isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await over
  } finally {
    vi.useRealTimers()
  }
})

test('what has ended, well or not, is not waited for any longer', async () => {
  await inTime(2_000_000_000, [Promise.resolve(), Promise.reject(new Error('no'))])
})
