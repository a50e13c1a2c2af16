import { memoryStorage } from '../testing/app.ts'
import { contextStories } from './context.suite.ts'

contextStories('PGlite', memoryStorage)
