import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { type EmbeddedOptions, openEmbedded } from './embedded.ts'
import { type EventRow, INSERT_EVENTS, INSERT_EVENTS_AND_NOTIFY, eventColumns } from './events.ts'
import { type Notifications, postgresNotifications } from './notifications.ts'
import type { Schema } from './schema.ts'
import { valueParsers } from './value-parsers.ts'

/** A query runs on either: the database itself, or a transaction that the caller opened. */
export type Db = Kysely<Schema>

/**
 * The open database. `kind` is for what the two really differ in: an embedded database has one connection, blocks
 * the process while it works, and belongs to this process alone.
 */
export type Database = {
  readonly kind: 'embedded' | 'postgres'
  readonly db: Db
  /**
   * `insertEvents`, outside of any transaction and by the fastest way there is: the path of every token. A payload is
   * sent to the other nodes with the same commit.
   */
  insertEvents(rows: readonly EventRow[], payload?: string | null): Promise<void>
  /** Word from the other nodes on this database; null when there can be none. */
  readonly notifications: Notifications | null
  close(): Promise<void>
}

export type ConnectOptions = { databaseUrl: string; poolSize?: number } | EmbeddedOptions

/**
 * Opens the database; its schema is brought up to date by `migrate`.
 *
 * @throws {FolderInUseError} when another process has the embedded database open
 */
export async function connect(options: ConnectOptions): Promise<Database> {
  return 'databaseUrl' in options
    ? connectPostgres(options.databaseUrl, options.poolSize ?? 10)
    : openEmbedded(options)
}

/**
 * After this long without a word in a transaction Postgres ends it: a node that froze there, or was cut off, would
 * keep its runs locked against whoever is to take them over. Milliseconds.
 */
const IDLE_IN_TRANSACTION = 4_000

/** @param poolSize how many connections to hold at the most */
function connectPostgres(connectionString: string, poolSize: number): Database {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    options: `-c timezone=UTC -c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION}`,
    types: { getTypeParser: postgresParser },
  })
  // An idle connection that breaks is replaced by the pool; the next query reports what is really wrong.
  pool.on('error', () => undefined)
  // One that breaks between two queries of a transaction tells nobody else, and unheard would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    kind: 'postgres',
    db,
    // Kysely does not name its statements; a named one is parsed and planned once for each connection.
    insertEvents: async (rows, payload) => {
      await pool.query(
        payload
          ? {
              name: 'insert-events-and-notify',
              text: INSERT_EVENTS_AND_NOTIFY,
              values: [...eventColumns(rows), payload],
            }
          : { name: 'insert-events', text: INSERT_EVENTS, values: eventColumns(rows) },
      )
    },
    notifications: postgresNotifications(connectionString, () => db),
    close: () => db.destroy(),
  }
}

function postgresParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  return format === 'binary'
    ? pg.types.getTypeParser(oid, 'binary')
    : (valueParsers[oid] ?? pg.types.getTypeParser(oid))
}
