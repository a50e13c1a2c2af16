import { postgresStorage } from '../testing/postgres-storage.ts'
import { longMessageStories } from './long-messages.suite.ts'

longMessageStories('Postgres', postgresStorage)
