import { expect, test } from 'vitest'
import pg from 'pg'
import { createTestDatabase } from '../../scripts/testing/test-database.ts'
import { connect } from '../../db/engine/connect.ts'
import { migrate } from '../../db/engine/migrate.ts'
import { RowsHiddenError } from '../../db/engine/row-security.ts'

test('a role that may do everything but own the tables is told so, and takes nothing for empty', async () => {
  await using storage = await createTestDatabase()
  const role = `guest_${crypto.randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client({ connectionString: storage.url })
  await admin.connect()
  await admin.query(
    `create role ${role} login; grant all on all tables in schema public to ${role}`,
  )
  const url = new URL(storage.url)
  url.username = role
  const database = await connect({ databaseUrl: url.href })
  await expect(migrate(database.db)).rejects.toThrow(RowsHiddenError)
  await database.close()
  await admin.query(`drop owned by ${role}; drop role ${role}`)
  await admin.end()
})
