import { expect, test } from 'vitest'
import { gatherShort } from './gather-short.ts'

test('what is long is read by itself, and delays nothing that is short', async () => {
  const asked: string[] = []
  const isRead = Promise.withResolvers<void>()
  const read = gatherShort(
    async (items: readonly string[], long) => {
      asked.push(`${long}: ${items.join()}`)
      if (long === 'read') await isRead.promise
      return items.map((item) =>
        item.startsWith('long') && long === 'leave-out' ? 'long' : `the text of ${item}`,
      )
    },
    { most: 8, failsAlone: () => false },
  )
  const long = ['long 1', 'long 2', 'long 3', 'long 4', 'long 5'].map(read)
  expect(await Promise.all(['short 1', 'short 2'].map(read))).toEqual([
    'the text of short 1',
    'the text of short 2',
  ])
  // As many as may be in memory at the same time.
  await expect.poll(() => asked.filter((one) => one.startsWith('read')).length).toBe(4)
  isRead.resolve()
  expect(await Promise.all(long)).toEqual(
    [1, 2, 3, 4, 5].map((number) => `the text of long ${number}`),
  )
})
