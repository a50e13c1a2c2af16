import { postgresStorage } from '../testing/postgres-storage.ts'
import { approvalStories } from './approval.suite.ts'

approvalStories('Postgres', postgresStorage)
