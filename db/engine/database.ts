import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { EventRow } from '../queries/log/events.ts'
import type { JobStorage } from '../queries/jobs.ts'
import type { Notifications } from './notifications.ts'
import type { Schema } from '../schema.ts'

/** The handle that queries take: the database itself, or a transaction that the caller opened. */
export type Db = Kysely<Schema>

/**
 * The open database. `kind` is only for real differences: an embedded database has one connection and belongs to this
 * process alone.
 */
export type Database = {
  readonly kind: 'embedded' | 'postgres'
  readonly db: Db
  /**
   * For the log's writer only, outside of transactions. On Postgres it has a connection of its own, which
   * `insertChunks` uses too, so that the text of running answers never waits for another transaction.
   */
  readonly writer: Db
  /** The most concurrent transactions, so that some connections stay free for reading. */
  readonly transactionsAtOnce: number
  /**
   * Inserts chunks of runs whose latest `start` event this writer inserted, all or none, outside of any transaction.
   * Every token goes this way, so it is the fastest insert there is. A `payload` is sent to the other nodes with the
   * same commit.
   *
   * @throws an error for which `isSeqTaken` holds when a `seq` of the batch is taken
   */
  insertChunks(rows: readonly EventRow[], payload?: string | null): Promise<void>
  /** Notifications from the other nodes on this database; null for an embedded database, which has no other nodes. */
  readonly notifications: Notifications | null
  /** For the job queue, which brings its own SQL. */
  readonly jobs: JobStorage
  close(): Promise<void>
}

/** Resolves when the database answers. */
export async function ping(db: Db): Promise<void> {
  await sql`select 1`.execute(db)
}
