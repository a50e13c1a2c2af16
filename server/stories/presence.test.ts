import { memoryStorage } from '../testing/app.ts'
import { presenceStories } from './presence.suite.ts'

presenceStories('PGlite', memoryStorage)
