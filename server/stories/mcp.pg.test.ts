import { postgresStorage } from '../testing/postgres-storage.ts'
import { mcpStories } from './mcp.suite.ts'

mcpStories('Postgres', postgresStorage)
