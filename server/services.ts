import type { Accounts } from './auth/accounts.ts'
import type { SignInOptions } from '../shared/contract/api/auth.ts'
import type { Database } from '../db/engine/database.ts'
import type { ReadReplica } from '../db/engine/read-replica.ts'
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
import type { RunSupervisor } from './runs/supervisor.ts'
import type { LocalSessionChanges } from './sessions/changes.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { ToolRegistry } from './tools/registry.ts'

/** The dependencies of procedures; made by `app.ts`. */
export type Services = {
  database: Database
  /** For what is read at length and may lag behind, such as search. */
  replica: ReadReplica
  log: LogWriter
  reader: LogReader
  hub: Hub
  node: LocalNode
  /** Carries the word between nodes; null where Postgres does. */
  wake: Wake | null
  runs: RunSupervisor
  tools: ToolRegistry
  /** Null where there are no MCP servers. */
  mcp: McpServers | null
  model: ModelPort
  catalog: ModelCatalog
  changes: LocalSessionChanges
  /** What devices are told while no page is open. */
  push: Pick<Pusher, 'publicKey' | 'look'>
  /** Everybody's logins; told here when some may have ended, or changed, so that this and the other nodes look again. */
  logins: { changed(): void }
  /** Sign-in, invitations and mails; null where there are no accounts. */
  accounts: Accounts | null
  /** How people get in. */
  signIn: Omit<SignInOptions, 'login'>
  /** What each person may ask; null without accounts, where there is one. */
  limits: Limits | null
  files: Files
  telemetry: Telemetry
  /** What model calls may cost on one day, all together; null is without limit. */
  budgetUsdPerDay: number | null
  presence: Pick<LocalPresence, 'enter' | 'reopen'>
  /** The model of a session that does not set its own. */
  defaultModel: string
  /** Of models whose request does not say. */
  defaultTemperature: number
  /** ISO 8601. */
  now(): string
  newId(): string
}
