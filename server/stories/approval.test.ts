import { memoryStorage } from '../testing/app.ts'
import { approvalStories } from './approval.suite.ts'

approvalStories('PGlite', memoryStorage)
