import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from './test-database.ts'

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

test('each test has a migrated database of its own', async () => {
  await using first = await createTestDatabase()
  await using second = await createTestDatabase()
  await query(first.url, 'create table mine (id int)')
  const mine = `select to_regclass('mine') is not null as mine, to_regclass('sessions') is not null as migrated`
  expect(await query(first.url, mine)).toEqual([{ mine: true, migrated: true }])
  expect(await query(second.url, mine)).toEqual([{ mine: false, migrated: true }])
})

test('a disposed database is gone, even from under an open connection', async () => {
  const database = await createTestDatabase()
  const client = new pg.Client({ connectionString: database.url })
  const lost = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  await database[Symbol.asyncDispose]()
  await lost
  await expect(query(database.url, 'select 1')).rejects.toThrow('does not exist')
})
