import { postgresStorage } from '../testing/postgres-storage.ts'
import { presenceStories } from './presence.suite.ts'

presenceStories('Postgres', postgresStorage)
