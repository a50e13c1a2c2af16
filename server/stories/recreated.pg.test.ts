import { postgresStorage } from '../testing/postgres-storage.ts'
import { recreatedSuite } from './recreated.suite.ts'

recreatedSuite('Postgres', postgresStorage)
