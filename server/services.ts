import type { Database } from '../db/database.ts'
import type { RunId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { LogReader, LogWriter } from './log/port.ts'
import type { Presence } from './presence/port.ts'
import type { ModelCatalog, ModelPort } from './model/port.ts'
import type { Runs } from './runs/port.ts'
import type { SessionChanges } from './sessions/port.ts'
import type { ToolRegistry } from './tools/port.ts'

/** What the procedures work with; `app.ts` makes it. */
export type Services = {
  database: Database
  log: LogWriter
  reader: LogReader
  runs: Runs
  tools: ToolRegistry
  model: ModelPort
  catalog: ModelCatalog
  changes: SessionChanges
  presence: Presence
  /** The model of a session that does not set its own. */
  defaultModel: string
  /** Tells the lists, here and on other nodes, that a session was made or changed other than by its log. */
  onSessionChanged(sessionId: SessionId): void
  /** Ends the reading of a session that was deleted, and tells the lists. */
  onSessionDeleted(sessionId: SessionId, userId: UserId, runId: RunId | null): void
  /** ISO 8601. */
  now(): string
  newId(): string
}
