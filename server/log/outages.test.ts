import { expect, test, vi } from 'vitest'
import { retryOutages } from './outages.ts'

const SHORT = { pauseMs: 1, longestMs: 5 }
const LONG = { pauseMs: 1, longestMs: 600_000 }
const away = () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' })

/** A read that throws these errors in turn, and then the last one for ever, or a value if it `answers`. */
function failing(errors: readonly Error[], answers: boolean) {
  let reads = 0
  return async (): Promise<number> => {
    const error = errors[answers ? reads : Math.min(reads, errors.length - 1)]
    reads += 1
    if (error) throw error
    return reads
  }
}

test('a reader waits while the database is away', async () => {
  const { signal } = new AbortController()
  expect(await retryOutages(failing([away(), away()], true), { ...LONG, signal })).toBe(3)
})

test('a reader is told when the database stays away, and at once what fails for another reason', async () => {
  const { signal } = new AbortController()
  await expect(retryOutages(failing([away()], false), { ...SHORT, signal })).rejects.toThrow('no')
  await expect(
    retryOutages(failing([new Error('a bug')], true), { ...SHORT, signal }),
  ).rejects.toThrow('a bug')
})

test('a reader that leaves while the database is away is not told of it', async () => {
  const left = new AbortController()
  const read = async (): Promise<number> => {
    left.abort()
    throw away()
  }
  await expect(retryOutages(read, { ...LONG, signal: left.signal })).rejects.toBe(
    left.signal.reason,
  )
})

test('the time that reads take to fail is part of the wait', async () => {
  const now = vi.spyOn(performance, 'now')
  let reads = 0
  const read = async (): Promise<number> => {
    reads += 1
    now.mockReturnValue(performance.now() + 3 * SHORT.longestMs)
    throw away()
  }
  await expect(
    retryOutages(read, { ...SHORT, signal: new AbortController().signal }),
  ).rejects.toThrow('no')
  expect(reads).toBe(1)
  now.mockRestore()
})
