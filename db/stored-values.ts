import type { CallId } from '../shared/contract/ids.ts'
import type { FilePart, TextPart, Usage } from '../shared/contract/message.ts'

/** Values that are stored as JSON, if they differ from what readers get. */

/** A part as it is stored: a tool call is only an id, because calls have a table of their own. */
export type StoredPart = TextPart | FilePart | { type: 'tool'; id: CallId }

/** An answer that the provider writes in the background. */
export type StoredGeneration = {
  /** The number of the step, from 0. */
  step: number
  /** Only the model port that wrote it reads it. */
  at: { api: 'responses'; host: string; id: string }
  /** The reservation in the budgets, null for none; only the budget that wrote it reads it. */
  reserved: unknown
}

/** The usage of a step. Steps from before costs were recorded have no `costUsd`. */
export type StepUsage = Omit<Usage, 'costUsd'> & { costUsd?: number | null }

/** A task of an MCP server, with the server's own id. */
export type StoredTask = {
  id: string
  /** Milliseconds between two polls, as the server asks. */
  pollMs?: number
}
