import { postgresStorage } from '../testing/postgres-storage.ts'
import { listStories } from './lists.suite.ts'

listStories('Postgres', postgresStorage)
