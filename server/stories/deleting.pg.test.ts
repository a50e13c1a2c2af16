import { postgresStorage } from '../testing/postgres-storage.ts'
import { deletingStories } from './deleting.suite.ts'

deletingStories('Postgres', postgresStorage)
