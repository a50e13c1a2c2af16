import { postgresStorage } from '../testing/postgres-storage.ts'
import { resumeStories } from './resume.suite.ts'

resumeStories('Postgres', postgresStorage)
