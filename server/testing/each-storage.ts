import { onEachDatabase } from '../../scripts/testing/postgres/each-database.ts'
import { memoryStorage } from './app.ts'
import type { Storage } from './app.ts'
import { postgresStorage } from './postgres-storage.ts'

/** Declares stories for each database, with whole servers; `onEachDatabase` does so for the database alone. */
export function onEachStorage(
  declare: (name: string, openStorage: () => Promise<Storage>) => void,
): void {
  onEachDatabase((name) => declare(name, name === 'Postgres' ? postgresStorage : memoryStorage))
}
