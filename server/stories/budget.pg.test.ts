import { postgresStorage } from '../testing/postgres-storage.ts'
import { budgetStories } from './budget.suite.ts'

budgetStories('Postgres', postgresStorage)
