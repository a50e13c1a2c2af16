import { postgresStorage } from '../testing/postgres-storage.ts'
import { transferStories } from './transfer.suite.ts'

transferStories('Postgres', postgresStorage)
