import { postgresStorage } from '../testing/postgres-storage.ts'
import { answerStories } from './answer.suite.ts'

answerStories('Postgres', postgresStorage)
