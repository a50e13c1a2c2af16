import type { Database, Db } from './database.ts'

/**
 * Reads with several queries what is true at one moment. What it reads is best given on after it: an embedded
 * database serves nobody else meanwhile, and any transaction of its one connection sees one moment.
 */
export function atOneMoment<T>(database: Database, read: (db: Db) => Promise<T>): Promise<T> {
  const transaction = database.db.transaction()
  return database.kind === 'postgres'
    ? transaction.setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
    : transaction.execute(read)
}
