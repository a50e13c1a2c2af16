import type { Kysely } from 'kysely'
import type { EventRow } from './events.ts'
import type { JobStorage } from './jobs.ts'
import type { Notifications } from './notifications.ts'
import type { Schema } from './schema.ts'

/** A query runs on either: the database itself, or a transaction that the caller opened. */
export type Db = Kysely<Schema>

/**
 * The open database. `kind` is for what the two really differ in: an embedded database has one connection, and
 * belongs to this process alone.
 */
export type Database = {
  readonly kind: 'embedded' | 'postgres'
  readonly db: Db
  /**
   * Adds the chunks of runs whose latest `start` their writer placed, all or none, outside of any transaction and by the
   * fastest way there is: the path of every token. A payload is sent to the other nodes with the same commit.
   *
   * @throws an error for which `isSeqTaken` holds when a `seq` of the batch is taken
   */
  insertChunks(rows: readonly EventRow[], payload?: string | null): Promise<void>
  /** Word from the other nodes on this database; null when there can be none. */
  readonly notifications: Notifications | null
  /** For the job queue, which brings its own SQL. */
  readonly jobs: JobStorage
  close(): Promise<void>
}
