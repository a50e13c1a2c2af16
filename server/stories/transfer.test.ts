import { memoryStorage } from '../testing/app.ts'
import { transferStories } from './transfer.suite.ts'

transferStories('PGlite', memoryStorage)
