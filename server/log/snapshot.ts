import type { Database } from '../../db/database.ts'
import { type SnapshotLimits, readSnapshot } from '../../db/snapshots.ts'
import type { SessionEvent, SnapshotEvent } from '../../shared/contract/events.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { fold } from '../../shared/session/fold.ts'

/** What a reader starts from. Older messages are loaded page by page. */
const LIMITS: SnapshotLimits = { limit: 100, maxLength: 512 * 1024 }

/** The session's state as one event at its place in the log; null when there is no such session of this user. */
export async function takeSnapshot(
  database: Database,
  userId: UserId,
  sessionId: SessionId,
  limit = LIMITS.limit,
): Promise<{ seq: number; event: SnapshotEvent } | null> {
  const stored = await readSnapshot(database, userId, sessionId, { ...LIMITS, limit })
  if (!stored) {
    return null
  }
  const { session, hasOlder } = stored
  const snapshot: SnapshotEvent = {
    type: 'snapshot',
    session,
    messages: stored.messages.map(({ message }) => message),
    hasOlder,
  }
  // The text that is only in the log so far is put in by the one function that says what a chunk means.
  const state = stored.chunks.reduce(
    (folded, { seq, data }) => fold(folded, { seq, event: parseEvent(data) }),
    fold(null, { seq: 0, event: snapshot }),
  )
  return { seq: session.seq, event: { ...snapshot, messages: [...state.messages] } }
}

/** An event as it stands in the log. What this server wrote is not checked again. */
export function parseEvent(data: string): Exclude<SessionEvent, SnapshotEvent> {
  return JSON.parse(data)
}
