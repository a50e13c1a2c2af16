import type { Database } from '../../../db/engine/database.ts'
import type { ReadEvent } from '../../../db/queries/log/events.ts'
import { readSnapshot } from '../../../db/queries/log/snapshots.ts'
import type { SnapshotLimits } from '../../../db/queries/log/snapshots.ts'
import type { SnapshotEvent } from '../../../shared/contract/events.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { AppendedEvent } from '../events.ts'

/** The limits of a reader's first snapshot. Older messages are loaded page by page. */
const LIMITS: SnapshotLimits = { limit: 100, maxLength: 512 * 1024 }

export type SnapshotOptions = {
  /** The number of newest messages. */
  limit?: number | undefined
  /**
   * The place where the branch that ends with `leaf` became the active one. What came after it is partly in the rows
   * already; its events follow, and say the same again. An answer that was under way there is as it was: done again
   * since by another attempt, it may have other parts now.
   */
  at?: { seq: number; leaf: MessageId | null; session: Session } | undefined
}

/** The session's state as one event at its place in the log; null when there is no such session of this user. */
export async function takeSnapshot(
  database: Database,
  userId: UserId,
  sessionId: SessionId,
  { limit = LIMITS.limit, at }: SnapshotOptions = {},
): Promise<{ seq: number; event: SnapshotEvent } | null> {
  const limits = { ...LIMITS, limit, ...(at && { leaf: at.leaf, seq: at.seq }) }
  const stored = await readSnapshot(database, userId, sessionId, limits)
  if (!stored) {
    return null
  }
  const seq = at?.seq ?? stored.session.seq
  const { hasOlder, ahead } = stored
  const begun = fromLastStart(ahead?.events ?? [])
  const snapshot: SnapshotEvent = {
    type: 'snapshot',
    // The later events depend on whether an answer was running at that `seq`.
    session: { ...(at?.session ?? stored.session), seq },
    messages: stored.messages
      .map(({ message }) => message)
      .filter(({ id }) => id !== ahead?.id || begun.length > 0),
    hasOlder,
  }
  // Events that are only in the log yet are applied by the fold.
  const state = [...begun, ...stored.chunks]
    .filter((logged) => logged.seq <= seq)
    .reduce(
      (folded, logged) => {
        const event = parseEvent(logged.data)
        if (event.type === 'branch') {
          return folded
        }
        // The message is here as it is now, perhaps running no more: its events put it as it was, as a first attempt
        // does.
        const placed = event.type === 'start' ? { ...event, attempt: 1 } : event
        return fold(folded, { seq: logged.seq, event: placed })
      },
      fold(null, { seq: 0, event: snapshot }),
    )
  return { seq, event: { ...snapshot, messages: [...state.messages] } }
}

/** An attempt begins with the whole message as it was kept; what earlier ones wrote besides is in it, or gone. */
function fromLastStart(events: readonly ReadEvent[]): ReadEvent[] {
  const start = events.findLastIndex(({ type }) => type === 'start')
  return start === -1 ? [] : events.slice(start)
}

/** An event as it stands in the log. The server's own data is not validated again. */
export function parseEvent(data: string): AppendedEvent {
  return JSON.parse(data)
}
