import { memoryStorage } from '../testing/app.ts'
import { commandStories } from './commands.suite.ts'

commandStories('PGlite', memoryStorage)
