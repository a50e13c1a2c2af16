import { z } from 'zod'
import { ProjectId, SessionId } from './ids.ts'
import { noNul } from './storable.ts'
import { MAX_TAGS, MAX_TAG_LENGTH } from './tags.ts'

/** A point in time: ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime()
export type Timestamp = z.infer<typeof Timestamp>

/** A word by which a person finds the session. */
export const Tag = z.string().trim().min(1).max(MAX_TAG_LENGTH).check(noNul)
export const Tags = z.array(Tag).max(MAX_TAGS)

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
  /** True while that run waits for a person: for an approval, a client's output, or the reply to a question. */
  waiting: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  /** The total time for which the session has been open, in milliseconds. */
  durationMs: z.number().nullable(),
  projectId: ProjectId.nullish(),
  /** The names of the tools that the model does not get in this session. */
  toolsOff: z.array(z.string()).nullish(),
  /** True for a session that is deleted when it closes. */
  temporary: z.boolean().optional(),
  /** The tags of the session, in the order in which they were given. */
  tags: z.array(z.string()).optional(),
  /** The `seq` of the newest event in the session's log. */
  seq: z.number().int(),
})
export type Session = z.infer<typeof Session>
