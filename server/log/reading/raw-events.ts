import type { Database } from '../../../db/engine/database.ts'
import { readEventsWithin } from '../../../db/queries/log/events.ts'
import { findDeleted } from '../../../db/queries/sessions/deleted.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { CommittedEvent } from '../events.ts'
import type { Hub } from './hub.ts'
import { patiently } from './patiently.ts'
import { SessionGoneError } from './reader.ts'
import { parseEvent } from './snapshot.ts'

/** The limits of one page of events. */
const PAGE = { limit: 500, maxLength: 256 * 1024 }

/**
 * A session's events after a place exactly as they stand in the log, neither merged nor cut into frames, for those who
 * count them. It goes on until the signal aborts; while the database is away it waits. The caller has found the session
 * as the user's.
 *
 * @throws {SessionGoneError} when the session is deleted meanwhile
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
      const page = await patiently(read, signal)
      if (!page) return
      // It may have been deleted before the hub was asked to tell of that.
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
