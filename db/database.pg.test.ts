import { openTestDatabase } from '../scripts/testing/test-database.ts'
import { databaseSuite } from './engine/database.suite.ts'

databaseSuite('Postgres', openTestDatabase)
