import { postgresStorage } from '../testing/postgres-storage.ts'
import { shareStories } from './shares.suite.ts'

shareStories('Postgres', postgresStorage)
