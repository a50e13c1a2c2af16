import { memoryStorage } from '../testing/app.ts'
import { deletingStories } from './deleting.suite.ts'

deletingStories('PGlite', memoryStorage)
