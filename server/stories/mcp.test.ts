import { memoryStorage } from '../testing/app.ts'
import { mcpStories } from './mcp.suite.ts'

mcpStories('PGlite', memoryStorage)
