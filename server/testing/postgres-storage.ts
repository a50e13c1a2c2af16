import {
  createTestDatabase,
  reuseTestDatabase,
} from '../../scripts/testing/postgres/test-database.ts'
import type { TestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import type { Storage } from './app.ts'

/** A database on a real Postgres, which the next test uses again; only in tests of the project `postgres`. */
export async function postgresStorage(): Promise<Storage> {
  return storageOf(await reuseTestDatabase())
}

/** For tests that look at connections and statements from their beginning: a database that no other test uses. */
export async function newPostgresStorage(): Promise<Storage> {
  return storageOf(await createTestDatabase())
}

function storageOf(database: TestDatabase): Storage {
  return {
    env: { DATABASE_URL: database.url },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
