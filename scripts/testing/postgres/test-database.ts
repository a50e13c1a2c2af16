import pg from 'pg'
import { inject } from 'vitest'
import { connect } from '../../../db/engine/connect.ts'
import type { Database } from '../../../db/engine/database.ts'
import { emptied, keepConnections, reusable } from '../../../db/engine/testing.ts'
import type { KeptConnections, Reusable } from '../../../db/engine/testing.ts'

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

type Reused = { url: string; own: Reusable; stored: TestDatabase; connections: KeptConnections }

/** Databases of earlier tests of this process, emptied. */
const idle: Reused[] = []
/** The name distinguishes the connections that stay from those that a test left open. */
const KEPT = 'kept'

/**
 * A migrated, empty database for one test, which the next test uses again, together with its connections: new ones
 * would take half a second of CPU. A test that needs one of its own takes `createTestDatabase`.
 */
export async function reuseTestDatabase(): Promise<TestDatabase> {
  const database = idle.pop() ?? (await make())
  return { url: database.url, [Symbol.asyncDispose]: () => release(database) }
}

/** Opens a test database that the next test uses again. */
export async function openTestDatabase(): Promise<Database> {
  const reused = idle.pop() ?? (await make())
  const database = await reused.connections.open()
  return {
    ...database,
    close: async () => {
      await database.close()
      await release(reused)
    },
  }
}

async function make(): Promise<Reused> {
  const stored = await createTestDatabase()
  const address = new URL(stored.url)
  address.searchParams.set('application_name', KEPT)
  const url = address.href
  const own = await reusable(await connect({ databaseUrl: url, poolSize: 1 }))
  return { url, own, stored, connections: keepConnections(url) }
}

async function release(reused: Reused): Promise<void> {
  const { own, stored, connections } = reused
  await own.database.jobs.executeSql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name <> '${KEPT}'`,
  )
  if (await emptied(own)) {
    idle.push(reused)
    return
  }
  await connections[Symbol.asyncDispose]()
  await own.database.close()
  await stored[Symbol.asyncDispose]()
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
