import type { Database } from '../db/engine/database.ts'
import type { Hub } from './log/hub.ts'
import type { LogReader, LogWriter } from './log/port.ts'
import type { LocalPresence } from './presence/presence.ts'
import type { ModelCatalog, ModelPort } from './model/port.ts'
import type { Nodes } from './nodes/port.ts'
import type { RunSupervisor } from './runs/supervisor.ts'
import type { LocalSessionChanges } from './sessions/changes.ts'
import type { ToolRegistry } from './tools/port.ts'

/** What the procedures work with; `app.ts` makes it. */
export type Services = {
  database: Database
  log: LogWriter
  reader: LogReader
  hub: Hub
  node: Nodes
  runs: RunSupervisor
  tools: ToolRegistry
  model: ModelPort
  catalog: ModelCatalog
  changes: LocalSessionChanges
  /** Everybody's logins; told here when some may have ended, or changed, so that this and the other nodes look again. */
  logins: { changed(): void }
  presence: Pick<LocalPresence, 'enter' | 'reopen'>
  /** The model of a session that does not set its own. */
  defaultModel: string
  /** ISO 8601. */
  now(): string
  newId(): string
}
