import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { watchConnections } from './dark-connections.ts'
import type { Database } from './database.ts'
import type { EmbeddedOptions } from './embedded.ts'
import { INSERT_CHUNKS, INSERT_CHUNKS_AND_NOTIFY, eventColumns } from './events.ts'
import type { JobRow } from './jobs.ts'
import { namedInsert } from './named-insert.ts'
import { postgresNotifications } from './notifications.ts'
import { postgresAddress } from './postgres-address.ts'
import type { Schema } from './schema.ts'
import { postgresParser } from './value-parsers.ts'

export type ConnectOptions = { databaseUrl: string; poolSize?: number } | EmbeddedOptions

/**
 * Opens the database; its schema is brought up to date by `migrate`.
 *
 * @throws {FolderInUseError} when another process has the embedded database open
 * @throws {DatabaseUrlError} when the address asks for TLS in a way that there is none of
 */
export async function connect(options: ConnectOptions): Promise<Database> {
  if ('databaseUrl' in options) {
    return connectPostgres(options.databaseUrl, options.poolSize ?? 10)
  }
  // Loaded when it is wanted: it brings a whole Postgres along.
  const { openEmbedded } = await import('./embedded.ts')
  return openEmbedded(options)
}

/**
 * After this long without a word in a transaction Postgres ends it: a node that froze there, or was cut off, would
 * keep its runs locked against whoever is to take them over. Milliseconds.
 */
const IDLE_IN_TRANSACTION = 4_000
/**
 * After this long Postgres gives a statement up, and a wait for a lock: without it one that never ends would hold its
 * connection for ever. What is long by its nature, which is migrations, does without. Milliseconds.
 */
const LONGEST_STATEMENT = 60_000
const LONGEST_LOCK_WAIT = 15_000

/** @param poolSize how many connections to hold at the most */
function connectPostgres(databaseUrl: string, poolSize: number): Database {
  const address = postgresAddress(databaseUrl)
  const pool = new pg.Pool({
    ...address,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: postgresParser },
    // Not as start-up options, which poolers refuse. Each new connection is handed out after it.
    verify: (client, done) => {
      const settings = `set timezone = 'UTC';
        set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION};
        set statement_timeout = ${LONGEST_STATEMENT};
        set lock_timeout = ${LONGEST_LOCK_WAIT}`
      client.query(settings, (error: Error | null) => done(error ?? undefined))
    },
  })
  // An idle connection that breaks is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => undefined)
  // One that breaks between two queries of a transaction tells nobody else, and unheard would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const watch = watchConnections(pool, address)
  const insert = namedInsert(pool)
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    kind: 'postgres',
    db,
    insertChunks: (rows, payload) =>
      payload
        ? insert('insert-chunks-and-notify', INSERT_CHUNKS_AND_NOTIFY, [
            ...eventColumns(rows),
            payload,
          ])
        : insert('insert-chunks', INSERT_CHUNKS, eventColumns(rows)),
    notifications: postgresNotifications(address, () => db),
    close: async () => {
      watch[Symbol.dispose]()
      await db.destroy()
    },
    jobs: { executeSql: (text, values) => pool.query<JobRow>(text, values) },
  }
}
