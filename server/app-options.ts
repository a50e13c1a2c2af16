import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Database } from '../db/engine/database.ts'
import type { Authenticate } from './auth/embedder.ts'
import type { Config } from './config/config.ts'
import type { McpTimeouts } from './mcp/connection/timeouts.ts'
import type { ModelPort } from './model/port.ts'
import type { Tool } from './tools/tool.ts'

export type AppOptions = {
  config: Config
  logger: Logger
  /** A model to use instead of the settings'. */
  model?: ModelPort
  /** Tools besides the built-in ones. */
  tools?: readonly Tool[]
  /** Timeouts for MCP servers that differ from the defaults. */
  mcpTimeouts?: Partial<McpTimeouts>
  /** A registry for the metrics, besides what it has already; a new one when absent. */
  metrics?: Registry
  /** Opens the database instead of the settings; the server closes it. */
  openDatabase?: (config: Config) => Promise<Database>
  /** Identifies people, in place of AUTH_MODE. */
  authenticate?: Authenticate
  /** The clock of stored times, in milliseconds since the epoch; by default the database's. */
  clock?: () => number
  /**
   * True writes to readers that are up to date directly, past tRPC's generators. Otherwise they get the same bytes for
   * several times the work.
   */
  liveOutlets?: boolean
}
