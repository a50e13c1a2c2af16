import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createEmptyDatabase } from '../../scripts/testing/postgres/test-database.ts'
import { connect } from './connect.ts'
import { migrate, migrationNames, readSchemaVersion } from './migrate.ts'

test('a migration that waits for a table keeps nobody else from it for long, and is done when it is free', async () => {
  await using storage = await createEmptyDatabase()
  const [nodes, backup] = await Promise.all([
    connect({ databaseUrl: storage.url }),
    connect({ databaseUrl: storage.url }),
  ])
  const { db } = nodes
  await migrate(db, '0057-generations')
  const end = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  const reading = backup.db.transaction().execute(async (transaction) => {
    // Otherwise the time limit of idle transactions would end it.
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction)
    await sql`lock table sessions in access share mode`.execute(transaction)
    began.resolve()
    await end.promise
  })
  await began.promise
  const migrating = migrate(db)
  const waits = async () =>
    (await sql`select from pg_locks where not granted and mode = 'AccessExclusiveLock'`.execute(db))
      .rows.length
  await expect.poll(waits).toBe(1)
  await sql`set lock_timeout = '10s'`.execute(db)
  await db.selectFrom('sessions').select('id').execute()
  // The migrations before it are committed, and hold no locks.
  expect(await readSchemaVersion(db)).toBe('0057-generations')
  end.resolve()
  await Promise.all([reading, migrating])
  expect(await readSchemaVersion(db)).toBe(migrationNames.at(-1))
  await Promise.all([nodes.close(), backup.close()])
})
