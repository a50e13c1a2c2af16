import { memoryStorage } from '../testing/app.ts'
import { branchStories } from './branches.suite.ts'

branchStories('PGlite', memoryStorage)
