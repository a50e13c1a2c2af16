import { z } from 'zod'
import { SessionId } from '../../shared/contract/ids.ts'

/** What a writing node is started with. */
export type WriterSettings = {
  databaseUrl: string
  /** Answers that it writes at once. */
  streams: number
  /** How many tokens each of them may ever get. */
  most: number
  /**
   * Where it notes when each token was committed, as 64-bit floats: the tokens of the first answer, then those of the
   * second. Null when nobody asks.
   */
  committedAt: SharedArrayBuffer | null
}

export type Order =
  /** Write for so many milliseconds, and append to the logs of these sessions, which are other nodes'. */
  { type: 'write'; forMs: number; strangers: readonly SessionId[] } | { type: 'leave' }

export const Report = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), sessionIds: z.array(SessionId) }),
  /** All is committed: so many tokens and events since the node was started. */
  z.object({ type: z.literal('written'), tokens: z.number(), events: z.number() }),
])
export type Report = z.infer<typeof Report>
