import { expect, test, vi } from 'vitest'
import type { Db } from '../database.ts'
import { ReadReplica } from './read-replica.ts'

// The handles are only compared, and never used.
const primary = { name: 'primary' } as unknown as Db
const replica = { name: 'replica' } as unknown as Db

function setUp(given: { replica: Db | null }) {
  const told = { onAway: vi.fn<() => void>(), onBack: vi.fn<() => void>() }
  const clock = { ms: 0 }
  const reads = new ReadReplica({ primary, ...given, ...told, now: () => clock.ms })
  let broken: Db[] = []
  const asked: Db[] = []
  const ask = () =>
    reads.read(async (db) => {
      asked.push(db)
      if (broken.includes(db)) throw new Error('broken')
      return db
    })
  return { ask, asked, told, clock, breakDown: (...which: Db[]) => (broken = which) }
}

test('the primary answers where there is no replica', async () => {
  expect(await setUp({ replica: null }).ask()).toBe(primary)
})

test('a replica that fails costs nobody an answer, is left alone for a while, and is told of once', async () => {
  const { ask, asked, told, clock, breakDown } = setUp({ replica })
  expect(await ask()).toBe(replica)
  breakDown(replica)
  expect(await ask()).toBe(primary)
  expect(await ask()).toBe(primary)
  expect(asked).toEqual([replica, replica, primary, primary])
  clock.ms = 30_000
  expect(await ask()).toBe(primary)
  expect(told.onAway).toHaveBeenCalledTimes(1)
  expect(told.onBack).not.toHaveBeenCalled()
  breakDown()
  clock.ms = 60_000
  expect(await ask()).toBe(replica)
  expect(told.onBack).toHaveBeenCalledTimes(1)
})

test('a question that the primary cannot answer either is not the replica’s fault', async () => {
  const { ask, told, breakDown } = setUp({ replica })
  breakDown(replica, primary)
  await expect(ask()).rejects.toThrow('broken')
  expect(told.onAway).not.toHaveBeenCalled()
  breakDown()
  expect(await ask()).toBe(replica)
})
