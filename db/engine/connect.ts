import { Kysely } from 'kysely'
import pg from 'pg'
import { watchForStalledConnections } from './postgres/stalled-connections.ts'
import type { Database, Db } from './database.ts'
import type { EmbeddedOptions } from './embedded/embedded.ts'
import { INSERT_CHUNKS, INSERT_CHUNKS_AND_NOTIFY, eventColumns } from '../queries/log/events.ts'
import type { JobRow } from '../queries/jobs.ts'
import { isPooled, namedInsert, nameStatements } from './postgres/named-statements.ts'
import type { StatementNames } from './postgres/named-statements.ts'
import { postgresNotifications } from './notifications.ts'
import { pipelineTransactions } from './postgres/pipelining.ts'
import { postgresAddress } from './postgres/address.ts'
import type { PostgresAddress } from './postgres/address.ts'
import { TransactionLockDialect } from './postgres/dialect.ts'
import type { Schema } from '../schema.ts'
import { postgresParser } from './value-parsers.ts'

export type ConnectOptions = { databaseUrl: string; poolSize?: number } | EmbeddedOptions

/**
 * Opens the database; `migrate` then brings its schema up to date.
 * @throws {FolderInUseError} when another process has the embedded database open
 * @throws {DatabaseUrlError} when the address asks for TLS in a way that does not exist
 */
export async function connect(options: ConnectOptions): Promise<Database> {
  if ('databaseUrl' in options) {
    return connectPostgres(options.databaseUrl, options.poolSize ?? 10)
  }
  // Imported lazily: the module loads a whole Postgres.
  const { openEmbedded } = await import('./embedded/embedded.ts')
  return openEmbedded(options)
}

/**
 * Postgres ends a transaction that is idle for this long. A node that froze or lost its network would otherwise keep
 * its runs locked, and no other node could take them over.
 */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 4_000
/**
 * Postgres cancels a statement, or a wait for a lock, after this long. Otherwise a statement that never ends would hold
 * its connection for ever. Migrations, which may take long, lift these limits.
 */
const STATEMENT_TIMEOUT_MS = 60_000
const LOCK_TIMEOUT_MS = 15_000

/** Connections of the pool that transactions on logs leave free for reading. */
const READING = 2

/** @param poolSize the most connections, besides the writer's own */
function connectPostgres(databaseUrl: string, poolSize: number): Database {
  const address = postgresAddress(databaseUrl)
  const names: StatementNames = { hold: true }
  const pool = openPool(address, names, poolSize)
  nameStatements(pool, names)
  pipelineTransactions(pool)
  // This connection stays open, so that the first text of an answer does not wait for a new one.
  const own = openPool(address, names, 1, 0)
  const watches = [pool, own].map((one) => watchForStalledConnections(one, address))
  const insert = namedInsert(own, names)
  const db = new Kysely<Schema>({ dialect: new TransactionLockDialect({ pool }) })
  const writer = new Kysely<Schema>({ dialect: new TransactionLockDialect({ pool: own }) })
  return {
    kind: 'postgres',
    db,
    writer,
    transactionsAtOnce: Math.max(1, poolSize - READING),
    insertChunks: (rows, payload) =>
      payload
        ? insert(INSERT_CHUNKS_AND_NOTIFY, [...eventColumns(rows), payload])
        : insert(INSERT_CHUNKS, eventColumns(rows)),
    notifications: postgresNotifications(address, () => db),
    close: async () => {
      for (const watch of watches) {
        watch[Symbol.dispose]()
      }
      await Promise.all([db.destroy(), writer.destroy()])
    },
    jobs: { executeSql: (text, values) => pool.query<JobRow>(text, values) },
  }
}

/** Connections to a replica. They are few, because its queries are slow and the primary can answer them too. */
const REPLICA_CONNECTIONS = 4
const REPLICA_CONNECT_TIMEOUT_MS = 3_000

/**
 * Connects to a read-only replica, which may not be running yet.
 *
 * @throws {DatabaseUrlError} when the address asks for TLS in a way that does not exist
 */
export function connectReplica(databaseUrl: string): { db: Db; close: () => Promise<void> } {
  const address = postgresAddress(databaseUrl)
  const names: StatementNames = { hold: true }
  const pool = openPool(
    { ...address, connectionTimeoutMillis: REPLICA_CONNECT_TIMEOUT_MS },
    names,
    REPLICA_CONNECTIONS,
  )
  nameStatements(pool, names)
  const watch = watchForStalledConnections(pool, address)
  const db = new Kysely<Schema>({ dialect: new TransactionLockDialect({ pool }) })
  return {
    db,
    close: async () => {
      watch[Symbol.dispose]()
      await db.destroy()
    },
  }
}

/** @param idleTimeoutMillis after which an unused connection is closed; 0 for never */
function openPool(
  address: PostgresAddress & Pick<pg.PoolConfig, 'connectionTimeoutMillis'>,
  names: StatementNames,
  max: number,
  idleTimeoutMillis = 10_000,
): pg.Pool {
  const pool = new pg.Pool({
    connectionTimeoutMillis: 10_000,
    ...address,
    max,
    idleTimeoutMillis,
    pipeline: true,
    types: { getTypeParser: postgresParser },
    // Sent as a statement, because poolers refuse start-up options. `pg` hands a new connection out only after this.
    verify: (client, done) => {
      const settings = `set timezone = 'UTC';
        set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS};
        set statement_timeout = ${STATEMENT_TIMEOUT_MS};
        set lock_timeout = ${LOCK_TIMEOUT_MS}`
      client.query(settings, (failed: Error | null) => {
        if (failed) return done(failed)
        client.query('select pg_backend_pid() as id', (error: Error | null, answer) => {
          if (!error && isPooled(client, answer.rows[0]?.id)) names.hold = false
          done(error ?? undefined)
        })
      })
    },
  })
  // The pool replaces an idle connection that breaks; the next query reports the actual error.
  pool.on('error', () => undefined)
  // A connection that breaks between two queries of a transaction emits only this event; without a listener it would
  // end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
