import { createTestDatabase } from '../scripts/testing/test-database.ts'
import { databaseSuite } from './database.suite.ts'

databaseSuite('Postgres', async () => {
  const database = await createTestDatabase()
  return {
    options: { databaseUrl: database.url },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
})
