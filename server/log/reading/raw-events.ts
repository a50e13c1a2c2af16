import type { Database } from '../../../db/engine/database.ts'
import { readEventsWithin } from '../../../db/queries/log/events.ts'
import { findDeleted } from '../../../db/queries/sessions/deleted.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { CommittedEvent } from '../events.ts'
import type { Hub } from './hub.ts'
import { retryOutages } from '../outages.ts'
import { LogPrunedError, SessionGoneError } from './reader.ts'
import { parseEvent } from './snapshot.ts'

/** The limits of one page of events. */
const PAGE = { limit: 500, maxLength: 256 * 1024 }
/** The longest outage of the database that a reader waits for. Milliseconds. */
const LONGEST_OUTAGE = 30_000

/**
 * A session's events after a `seq` as they are in the log, neither merged nor cut into frames, for clients that count
 * events. It goes on until the signal aborts, and waits while the database is away. The caller has checked that the
 * session is the user's.
 *
 * @throws {SessionGoneError} when the session is deleted meanwhile
 * @throws {LogPrunedError} when an event after the `seq` was removed from the log
 */
export async function* rawEvents(
  { database, hub }: { database: Database; hub: Hub },
  { sessionId, after, signal }: { sessionId: SessionId; after: number; signal: AbortSignal },
): AsyncGenerator<CommittedEvent, void, void> {
  using subscription = hub.subscribe(sessionId, signal)
  let cursor = after
  let isUpToDate = false
  let isFirst = true
  while (!signal.aborted) {
    if (subscription.closed) {
      throw new SessionGoneError()
    }
    let events = isUpToDate ? subscription.since(cursor) : null
    if (!events) {
      const read = () => readEventsWithin(database.db, sessionId, cursor, PAGE)
      const page = await retryOutages(read, { signal, longestMs: LONGEST_OUTAGE }).catch(
        (error: unknown) => {
          // The reader has left, so that nobody needs the error.
          if (signal.aborted) return null
          throw error
        },
      )
      if (!page) return
      if (page.isPruned) throw new LogPrunedError()
      // The session may have been deleted before the subscription to the hub began.
      if (isFirst && page.events.length === 0) await refuseDeleted(database, sessionId)
      isFirst = false
      events = page.events.map(({ seq, data }) => ({ seq, event: parseEvent(data) }))
      isUpToDate = page.complete
      if (page.complete) {
        subscription.reached(page.events.at(-1)?.seq ?? cursor)
      }
    }
    for (const committed of events) {
      yield committed
      cursor = committed.seq
    }
    if (events.length === 0) {
      cursor = await subscription.changed(cursor)
    }
  }
}

async function refuseDeleted({ db }: Database, sessionId: SessionId): Promise<void> {
  const deleted = await findDeleted(db, 'sessions', [sessionId])
  if (deleted.length > 0) throw new SessionGoneError()
}
