import { postgresStorage } from '../testing/postgres-storage.ts'
import { searchStories } from './search.suite.ts'

searchStories('Postgres', postgresStorage)
