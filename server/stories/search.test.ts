import { memoryStorage } from '../testing/app.ts'
import { searchStories } from './search.suite.ts'

searchStories('PGlite', memoryStorage)
