import { openTestDatabase } from '../../scripts/testing/test-database.ts'
import { databaseSuite } from './database.suite.ts'

databaseSuite('Postgres', openTestDatabase)
