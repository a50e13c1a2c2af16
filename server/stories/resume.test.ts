import { memoryStorage } from '../testing/app.ts'
import { resumeStories } from './resume.suite.ts'

resumeStories('PGlite', memoryStorage)
