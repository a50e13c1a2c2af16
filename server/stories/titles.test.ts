import { memoryStorage } from '../testing/app.ts'
import { titleStories } from './titles.suite.ts'

titleStories('PGlite', memoryStorage)
