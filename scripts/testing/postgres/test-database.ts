import pg from 'pg'
import { inject } from 'vitest'
import { connect } from '../../../db/engine/connect.ts'
import type { Database } from '../../../db/engine/database.ts'

/** A migrated, empty database on the real Postgres for one test; disposing drops it even with open connections. */
export type TestDatabase = AsyncDisposable & { url: string }

/** Copies the template; only in tests of the project `postgres`, whose global setup starts the server. */
export function createTestDatabase(): Promise<TestDatabase> {
  // This strategy does not copy the pages through the write-ahead log, which would take twice as long.
  return create(`template ${inject('postgres').template} strategy file_copy`)
}

/** A database that was never migrated. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create('')
}

async function create(from: string): Promise<TestDatabase> {
  const { adminUrl } = inject('postgres')
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await execute(adminUrl, `create database ${name} ${from}`)
  const url = new URL(adminUrl)
  url.pathname = name
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => execute(adminUrl, `drop database if exists ${name} with (force)`),
  }
}

/** Opens a test database; closing drops it. */
export async function openTestDatabase(): Promise<Database> {
  const testDatabase = await createTestDatabase()
  const database = await connect({ databaseUrl: testDatabase.url })
  return {
    ...database,
    close: async () => {
      await database.close()
      await testDatabase[Symbol.asyncDispose]()
    },
  }
}

/** Executes one statement on a connection of its own. */
export async function execute(connectionString: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
