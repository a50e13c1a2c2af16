import { memoryStorage } from '../testing/app.ts'
import { longMessageStories } from './long-messages.suite.ts'

longMessageStories('PGlite', memoryStorage)
