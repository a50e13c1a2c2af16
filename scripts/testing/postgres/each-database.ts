import { inject } from 'vitest'
import type { Database } from '../../../db/engine/database.ts'
import { memoryDatabase } from '../../../db/engine/testing.ts'
import { openTestDatabase } from './test-database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The database that the tests of this project run on (vitest.config.ts). */
    database: 'embedded' | 'postgres'
  }
}

/** Declares tests for each database: the embedded one in the project `unit`, Postgres in `postgres`. */
export function onEachDatabase(
  declare: (name: string, open: () => Promise<Database>) => void,
): void {
  if (inject('database') === 'postgres') {
    declare('Postgres', openTestDatabase)
  } else {
    declare('PGlite', memoryDatabase)
  }
}
