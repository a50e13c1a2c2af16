import { memoryStorage } from '../testing/app.ts'
import { recoveryStories } from './recovery.suite.ts'

recoveryStories('PGlite', memoryStorage)
