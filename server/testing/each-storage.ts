import { onEachDatabase } from '../../scripts/testing/each-database.ts'
import { memoryStorage } from './app.ts'
import type { Storage } from './app.ts'
import { postgresStorage } from './postgres-storage.ts'

/** Declares stories that hold on each database, as `onEachDatabase` does for a database by itself. */
export function onEachStorage(
  declare: (name: string, openStorage: () => Promise<Storage>) => void,
): void {
  onEachDatabase((name) => declare(name, name === 'Postgres' ? postgresStorage : memoryStorage))
}
