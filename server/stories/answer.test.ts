import { memoryStorage } from '../testing/app.ts'
import { answerStories } from './answer.suite.ts'

answerStories('PGlite', memoryStorage)
