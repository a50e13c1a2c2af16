import { postgresStorage } from '../testing/postgres-storage.ts'
import { commandStories } from './commands.suite.ts'

commandStories('Postgres', postgresStorage)
