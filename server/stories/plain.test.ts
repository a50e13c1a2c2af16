import { memoryStorage } from '../testing/app.ts'
import { plainHttpStories } from './plain-http.suite.ts'
import { plainSocketStories } from './plain-socket.suite.ts'

plainHttpStories('PGlite', memoryStorage)
plainSocketStories('PGlite', memoryStorage)
