import { memoryStorage } from '../testing/app.ts'
import { listStories } from './lists.suite.ts'

listStories('PGlite', memoryStorage)
