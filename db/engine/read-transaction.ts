import type { Database, Db } from './database.ts'

/**
 * Runs several queries in a repeatable-read transaction, so that all of them see the same state. Do further work after
 * the callback: an embedded database has a single connection, which the transaction holds. There, any transaction sees
 * one state.
 */
export function inReadTransaction<T>(database: Database, read: (db: Db) => Promise<T>): Promise<T> {
  const transaction = database.db.transaction()
  return database.kind === 'postgres'
    ? transaction.setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
    : transaction.execute(read)
}
