import { postgresStorage } from '../testing/postgres-storage.ts'
import { usageStories } from './usage.suite.ts'

usageStories('Postgres', postgresStorage)
