import type { Database } from '../../db/database.ts'
import { type SnapshotLimits, readSnapshot } from '../../db/snapshots.ts'
import type { SnapshotEvent } from '../../shared/contract/events.ts'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import { fold } from '../../shared/session/fold.ts'
import type { AppendedEvent } from './port.ts'

/** What a reader starts from. Older messages are loaded page by page. */
const LIMITS: SnapshotLimits = { limit: 100, maxLength: 512 * 1024 }

export type SnapshotOptions = {
  /** How many of the newest messages. */
  limit?: number | undefined
  /**
   * The place where the branch that ends with `leaf` became the active one. What came after it is partly in the rows
   * already; its events follow, and say the same again.
   */
  at?: { seq: number; leaf: MessageId | null } | undefined
}

/** The session's state as one event at its place in the log; null when there is no such session of this user. */
export async function takeSnapshot(
  database: Database,
  userId: UserId,
  sessionId: SessionId,
  { limit = LIMITS.limit, at }: SnapshotOptions = {},
): Promise<{ seq: number; event: SnapshotEvent } | null> {
  const limits = { ...LIMITS, limit, ...(at && { leaf: at.leaf }) }
  const stored = await readSnapshot(database, userId, sessionId, limits)
  if (!stored) {
    return null
  }
  const seq = at?.seq ?? stored.session.seq
  const { hasOlder } = stored
  const snapshot: SnapshotEvent = {
    type: 'snapshot',
    session: { ...stored.session, seq },
    messages: stored.messages.map(({ message }) => message),
    hasOlder,
  }
  // The text that is only in the log so far is put in by the one function that says what a chunk means.
  const state = stored.chunks.reduce(
    (folded, chunk) => {
      const event = parseEvent(chunk.data)
      return event.type === 'chunk' && chunk.seq <= seq
        ? fold(folded, { seq: chunk.seq, event })
        : folded
    },
    fold(null, { seq: 0, event: snapshot }),
  )
  return { seq, event: { ...snapshot, messages: [...state.messages] } }
}

/** An event as it stands in the log. What this server wrote is not checked again. */
export function parseEvent(data: string): AppendedEvent {
  return JSON.parse(data)
}
