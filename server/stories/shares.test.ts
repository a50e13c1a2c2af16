import { memoryStorage } from '../testing/app.ts'
import { shareStories } from './shares.suite.ts'

shareStories('PGlite', memoryStorage)
