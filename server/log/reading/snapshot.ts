import type { Database } from '../../../db/engine/database.ts'
import type { ReadEvent } from '../../../db/queries/log/events.ts'
import { isRefusal } from '../../../db/engine/database-errors.ts'
import { readSnapshots } from '../../../db/queries/log/snapshots.ts'
import type {
  SnapshotLimits,
  StoredSnapshot,
  WantedSnapshot,
} from '../../../db/queries/log/snapshots.ts'
import type { SnapshotEvent } from '../../../shared/contract/events.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { fold } from '../../../shared/session/fold.ts'
import { gatherShort } from '../../concurrency/gather-short.ts'
import type { AppendedEvent } from '../events.ts'

/** The limits of a reader's first snapshot. Older messages are loaded page by page. */
const LIMITS: SnapshotLimits = { limit: 100, maxLength: 512 * 1024 }

export type SnapshotOptions = {
  /** The number of newest messages. */
  limit?: number | undefined
  /**
   * The `seq` at which the branch that ends with `leaf` became the active one. The rows may already contain later
   * changes, which the later events repeat. An answer that was running at that `seq` is shown as it was then: another
   * attempt may have written it anew since.
   */
  at?: { seq: number; leaf: MessageId | null; session: Session } | undefined
}

/** The most snapshots that are read together. */
const AT_ONCE = 16

export type Snapshot = { seq: number; event: SnapshotEvent }

/** The session's state as one event with its `seq`; null when this user has no such session. */
export type TakeSnapshot = (
  userId: UserId,
  sessionId: SessionId,
  options?: SnapshotOptions,
) => Promise<Snapshot | null>

/** Readers that begin at the same time, as after a restart, share the statements that read their snapshots. */
export function createSnapshots(database: Database): TakeSnapshot {
  const read = gatherShort(
    (wanted: readonly WantedSnapshot[], long) => readSnapshots(database, wanted, long),
    { most: AT_ONCE, failsAlone: isRefusal },
  )
  return async (userId, sessionId, { limit = LIMITS.limit, at } = {}) => {
    const limits = { ...LIMITS, limit, ...(at && { leaf: at.leaf, seq: at.seq }) }
    const stored = await read({ userId, sessionId, ...limits })
    return stored && toSnapshot(stored, at)
  }
}

function toSnapshot(stored: StoredSnapshot, at: SnapshotOptions['at']): Snapshot {
  const seq = at?.seq ?? stored.session.seq
  const { hasOlder, ahead } = stored
  const begun = fromLastStart(ahead?.events ?? [])
  // An answer whose log was pruned after its end is shown as it is now; the events after `seq` repeat the rest.
  const isThere = begun.length > 0 || ahead?.isPruned === true
  const snapshot: SnapshotEvent = {
    type: 'snapshot',
    // The meaning of the later events depends on whether an answer was running at that `seq`.
    session: { ...(at?.session ?? stored.session), seq },
    messages: stored.messages
      .map(({ message }) => message)
      .filter(({ id }) => id !== ahead?.id || isThere),
    hasOlder,
  }
  // The fold applies the events that are only in the log yet.
  const state = [...begun, ...stored.chunks]
    .filter((logged) => logged.seq <= seq)
    .reduce(
      (folded, logged) => {
        const event = parseEvent(logged.data)
        if (event.type === 'branch') {
          return folded
        }
        // The row has the message as it is now, perhaps ended. A `start` of the first attempt sets it back, so that its
        // events follow.
        const placed = event.type === 'start' ? { ...event, attempt: 1 } : event
        return fold(folded, { seq: logged.seq, event: placed })
      },
      fold(null, { seq: 0, event: snapshot }),
    )
  return { seq, event: { ...snapshot, messages: [...state.messages] } }
}

/**
 * The events from the last `start` on. It has the whole message as it was kept, so the events of earlier attempts are
 * not needed.
 */
function fromLastStart(events: readonly ReadEvent[]): ReadEvent[] {
  const start = events.findLastIndex(({ type }) => type === 'start')
  return start === -1 ? [] : events.slice(start)
}

/** Parses an event of the log. The server wrote it itself, so it is not validated again. */
export function parseEvent(data: string): AppendedEvent {
  return JSON.parse(data)
}
