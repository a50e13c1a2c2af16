import type { CallId } from '../shared/contract/ids.ts'
import type { FilePart, TextPart, Usage } from '../shared/contract/message.ts'

/** Values that are stored as JSON, where they differ from what readers are sent. */

/** A part as it is stored: of a tool call only the id, because calls have their own table. */
export type StoredPart = TextPart | FilePart | { type: 'tool'; id: CallId }

/** Where a provider has the answer that it writes by itself. */
export type StoredGeneration = {
  /** Counts from 0. */
  step: number
  /** Read by the model port that wrote it. */
  at: { api: 'responses'; host: string; id: string }
  /** What was set aside for it in the budgets, null for nothing; read by the budget that wrote it. */
  reserved: unknown
}

/** The usage of a step. Steps from before costs were recorded have no `costUsd`. */
export type StepUsage = Omit<Usage, 'costUsd'> & { costUsd?: number | null }

/** A task of an MCP server, by the server's id for it. */
export type StoredTask = {
  id: string
  /** Milliseconds between two looks, as the server wishes. */
  pollMs?: number
}
