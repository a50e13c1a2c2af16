import pg from 'pg'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { connect } from '../../engine/connect.ts'
import { migrate } from '../../engine/migrate.ts'

test('a role that may not install extensions migrates all the same, and goes without trigrams', async () => {
  await using whole = await createTestDatabase()
  const client = new pg.Client({ connectionString: whole.url })
  await client.connect()
  const role = `tenant_${crypto.randomUUID().replaceAll('-', '')}`
  await client.query(`drop schema public cascade; create role ${role} login;
    create schema tenant authorization ${role}; alter role ${role} set search_path = tenant`)
  const url = new URL(whole.url)
  url.username = role
  const database = await connect({ databaseUrl: url.href })
  try {
    await migrate(database.db)
    const { rows } = await sql<{ words: boolean; trigrams: boolean }>`
      select to_regclass('messages_by_word') is not null as words,
        to_regclass('messages_by_trigram') is not null as trigrams`.execute(database.db)
    expect(rows).toEqual([{ words: true, trigrams: false }])
  } finally {
    await database.close()
    await client.query(`drop owned by ${role} cascade; drop role ${role}`)
    await client.end()
  }
})
