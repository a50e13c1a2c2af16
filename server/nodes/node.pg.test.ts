import { expect, test } from 'vitest'
import { connect } from '../../db/engine/connect.ts'
import type { Database } from '../../db/engine/database.ts'
import { removeNode, renewNode } from '../../db/queries/nodes.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { LocalNode } from './node.ts'

/** Notifications that start to arrive when the test says so. */
async function open(onPoll: () => Promise<void> = async () => undefined) {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await createTestDatabase())
  const database = opened.adopt(await connect({ databaseUrl: url }), (one) => one.close())
  await database.notifications?.open()
  let arrive = () => {}
  const errors: unknown[] = []
  const deaf: Database = {
    ...database,
    notifications: database.notifications && {
      ...database.notifications,
      listen: ({ onState }) => {
        arrive = () => onState(true)
        return { [Symbol.asyncDispose]: async () => undefined }
      },
    },
  }
  const node = new LocalNode({
    id: crypto.randomUUID(),
    database: deaf,
    leaseSeconds: 600,
    onMessage: () => undefined,
    onPoll,
    onError: (error) => errors.push(error),
  })
  const resources = opened.move()
  return {
    node,
    db: database.db,
    errors,
    arrive: () => arrive(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

test('one that joined before this node could hear it is known as soon as it can', async () => {
  await using opened = await open()
  const { node, db } = opened
  await node.join()
  await renewNode(db, crypto.randomUUID(), 600)
  expect(node.hasOthers).toBe(false)
  opened.arrive()
  await expect.poll(() => node.hasOthers).toBe(true)
  await node.leave()
  expect(opened.errors).toEqual([])
})

test('one whose others are all gone looks until it has seen what they wrote: their last word may be lost', async () => {
  let looks = 0
  let away = false
  await using opened = await open(async () => {
    if (away) {
      throw new Error('the database is away')
    }
    looks += 1
  })
  const { node, db } = opened
  const other = crypto.randomUUID()
  await node.join()
  await renewNode(db, other, 600)
  opened.arrive()
  await expect.poll(() => looks).toBeGreaterThan(0)
  away = true
  await removeNode(db, other)
  const leases = () => db.selectFrom('nodes').select('lease_until').execute()
  const before = await leases()
  opened.arrive()
  await expect.poll(leases).not.toEqual(before)
  looks = 0
  away = false
  await expect.poll(() => looks, { timeout: 5_000 }).toBeGreaterThan(0)
  await expect.poll(() => node.hasOthers, { timeout: 5_000 }).toBe(false)
  await node.leave()
})
