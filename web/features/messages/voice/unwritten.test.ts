import { expect, test } from 'vitest'
import { unwritten, writeDown } from './unwritten.ts'

test('a dictation that could not be written down is kept until it is', async () => {
  const recording = new Blob(['ten minutes of words'])
  const failed = writeDown('a', recording, async () => {
    throw new Error('the server cannot be reached')
  })
  await expect(failed).rejects.toThrow('cannot be reached')
  expect([unwritten.get('a'), unwritten.get('b')]).toEqual([recording, null])
  let written: Blob | null = null
  await writeDown('a', recording, async (given) => {
    written = given
  })
  expect(written).toBe(recording)
  expect(unwritten.get('a')).toBeNull()
})

test('what is spoken since takes its place', async () => {
  const [first, second] = [new Blob(['1']), new Blob(['2'])]
  const { promise, resolve } = Promise.withResolvers<void>()
  const writing = writeDown('a', first, () => promise)
  unwritten.keep('a', second)
  resolve()
  await writing
  expect(unwritten.get('a')).toBe(second)
  unwritten.forget('a')
})
