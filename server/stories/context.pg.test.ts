import { postgresStorage } from '../testing/postgres-storage.ts'
import { contextStories } from './context.suite.ts'

contextStories('Postgres', postgresStorage)
