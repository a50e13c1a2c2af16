import { expect, test } from 'vitest'
import { connect } from '../../db/connect.ts'
import type { Database } from '../../db/database.ts'
import { renewNode } from '../../db/nodes.ts'
import { createTestDatabase } from '../../scripts/testing/test-database.ts'
import { LocalNode } from './node.ts'

/** Notifications that begin to arrive when the test says so. */
async function open() {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await createTestDatabase())
  const database = opened.adopt(await connect({ databaseUrl: url }), (one) => one.close())
  let arrive = () => {}
  const errors: unknown[] = []
  const deaf: Database = {
    ...database,
    notifications: {
      listen: (_, onState) => {
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
    onLookAround: async () => undefined,
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
