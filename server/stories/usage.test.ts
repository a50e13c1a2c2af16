import { memoryStorage } from '../testing/app.ts'
import { usageStories } from './usage.suite.ts'

usageStories('PGlite', memoryStorage)
