import { expect, test } from 'vitest'
import { patiently } from './patiently.ts'

const SHORT = { every: 1, atMost: 5 }
const away = () => Object.assign(new Error('no'), { code: 'ECONNREFUSED' })

/** Throws these one after the other, the last one again and again, or answers at the end. */
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
  expect(await patiently(failing([away(), away()], true), signal, SHORT)).toBe(3)
})

test('a reader is told when the database stays away, and at once what fails for another reason', async () => {
  const { signal } = new AbortController()
  await expect(patiently(failing([away()], false), signal, SHORT)).rejects.toThrow('no')
  await expect(patiently(failing([new Error('a bug')], true), signal, SHORT)).rejects.toThrow(
    'a bug',
  )
})

test('a reader that leaves while the database is away is not told of it', async () => {
  const left = new AbortController()
  const read = async (): Promise<number> => {
    left.abort()
    throw away()
  }
  expect(await patiently(read, left.signal, SHORT)).toBeNull()
})
