import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import type { Storage } from './app.ts'

/** A database for one test on a real Postgres; only in tests of the project `postgres`. */
export async function postgresStorage(): Promise<Storage> {
  const database = await createTestDatabase()
  return {
    env: { DATABASE_URL: database.url },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
