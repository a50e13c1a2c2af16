import { postgresStorage } from '../testing/postgres-storage.ts'
import { branchStories } from './branches.suite.ts'

branchStories('Postgres', postgresStorage)
