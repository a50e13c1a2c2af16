import type { Accounts } from './auth/accounts.ts'
import type { KnownSessions } from './commands/known-sessions.ts'
import type { SignInOptions } from '../shared/contract/api/auth.ts'
import type { Database } from '../db/engine/database.ts'
import type { ReadReplica } from '../db/engine/postgres/read-replica.ts'
import type { ShownSetting } from './config/shown-settings.ts'
import type { Files } from './files/files.ts'
import type { Hub } from './log/reading/hub.ts'
import type { LogReader } from './log/reading/reader.ts'
import type { LogWriter } from './log/writing/writer.ts'
import type { Limits } from './limits/limits.ts'
import type { LocalPresence } from './presence/presence.ts'
import type { ModelPort } from './model/port.ts'
import type { ModelCatalog } from './model/catalog/catalog.ts'
import type { LocalNode } from './nodes/node.ts'
import type { Wake } from './nodes/wake.ts'
import type { Pusher } from './push/pusher.ts'
import type { McpServers } from './mcp/servers.ts'
import type { PromptCounter } from './runs/prompt/count-prompt.ts'
import type { RunBatches } from './runs/batches.ts'
import type { RunSupervisor } from './runs/supervisor.ts'
import type { LocalSessionChanges } from './sessions/changes.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { ToolRegistry } from './tools/registry.ts'

/** The dependencies of procedures; `app.ts` makes them. */
export type Services = {
  database: Database
  /** For reads that are expensive and may lag behind, such as search. */
  replica: ReadReplica
  log: LogWriter
  reader: LogReader
  hub: Hub
  node: LocalNode
  /** Carries notifications between nodes; null when Postgres does. */
  wake: Wake | null
  runs: RunSupervisor
  tools: ToolRegistry
  /** Null without MCP servers. */
  mcp: McpServers | null
  model: ModelPort
  catalog: ModelCatalog
  /** Counts the tokens of a request to a model, without sending it. */
  countPrompt: PromptCounter
  changes: LocalSessionChanges
  /** Notifies devices while no page is open. */
  push: Pick<Pusher, 'publicKey' | 'look'>
  /** The logins of all people; `changed` lets this and the other nodes check them again. */
  logins: { changed(): void }
  /** Sign-in, invitations and mails; null without accounts. */
  accounts: Accounts | null
  /** The ways to sign in. */
  signIn: Omit<SignInOptions, 'login'>
  /** The effective settings as administrators see them. */
  settings: readonly ShownSetting[]
  /** The limits of each person; null without accounts. */
  limits: Limits | null
  known: KnownSessions
  batches: RunBatches
  files: Files
  telemetry: Telemetry
  /** The most that all model calls of one day may cost; null is no limit. */
  budgetUsdPerDay: number | null
  presence: Pick<LocalPresence, 'enter' | 'reopen'>
  /** The model of a session that does not set its own. */
  defaultModel: string
  /** The temperature of requests that do not set one. */
  defaultTemperature: number
  /** ISO 8601. */
  now(): string
  newId(): string
}
