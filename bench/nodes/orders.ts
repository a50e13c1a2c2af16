import { z } from 'zod'
import { SessionId } from '../../shared/contract/ids.ts'

/** Start-up data of a writing node. */
export type WriterSettings = {
  databaseUrl: string
  /** Answers that the node writes concurrently. */
  streams: number
  /** The most tokens that one answer can get. */
  most: number
  /**
   * Receives the commit time of each token as 64-bit floats: first all tokens of the first answer, then those of the
   * second, and so on. Null when the times are not needed.
   */
  committedAt: SharedArrayBuffer | null
}

export type Order =
  /** Write for `forMs` milliseconds, and also append to the logs of these sessions, which other nodes drive. */
  { type: 'write'; forMs: number; strangers: readonly SessionId[] } | { type: 'leave' }

export const Report = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), sessionIds: z.array(SessionId) }),
  /** Everything is committed; the counts are totals since the node was started. */
  z.object({ type: z.literal('written'), tokens: z.number(), events: z.number() }),
])
export type Report = z.infer<typeof Report>
