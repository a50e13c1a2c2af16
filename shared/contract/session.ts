import { z } from 'zod'
import { ProjectId, SessionId } from './ids.ts'

/** A point in time: ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime()
export type Timestamp = z.infer<typeof Timestamp>

export const Session = z.object({
  id: SessionId,
  title: z.string().nullable(),
  summary: z.string().nullable(),
  status: z.enum(['active', 'closed']),
  /** The model of this session; null uses the server's default. */
  model: z.string().nullable(),
  systemPrompt: z.string().nullable(),
  pinned: z.boolean(),
  archived: z.boolean(),
  /** True while a run has started and not ended: `start` sets it, `end` clears it. */
  running: z.boolean(),
  /** True while that run waits for a person's approval. */
  waiting: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  /** The total time for which the session has been open, in milliseconds. */
  durationMs: z.number().nullable(),
  projectId: ProjectId.nullish(),
  /** The names of the tools that the model is not offered here. */
  toolsOff: z.array(z.string()).nullish(),
  /** True for one that is deleted when it closes. */
  temporary: z.boolean().optional(),
  /** The `seq` of the newest event in the session's log. */
  seq: z.number().int(),
})
export type Session = z.infer<typeof Session>
