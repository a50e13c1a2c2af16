import { postgresStorage } from '../testing/postgres-storage.ts'
import { titleStories } from './titles.suite.ts'

titleStories('Postgres', postgresStorage)
