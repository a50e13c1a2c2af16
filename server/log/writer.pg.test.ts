import { openTestDatabase } from '../../scripts/testing/test-database.ts'
import { writerSuite } from './writer.suite.ts'

writerSuite('Postgres', openTestDatabase)
