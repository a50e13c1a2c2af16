import { memoryStorage } from '../testing/app.ts'
import { budgetStories } from './budget.suite.ts'

budgetStories('PGlite', memoryStorage)
