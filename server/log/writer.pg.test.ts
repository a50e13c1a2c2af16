import { createTestDatabase } from '../../scripts/testing/test-database.ts'
import { writerSuite } from './writer.suite.ts'

writerSuite('Postgres', async () => {
  const database = await createTestDatabase()
  return {
    options: { databaseUrl: database.url },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
})
