import type { Database } from '../../../db/engine/database.ts'
import { readEventsOfMany } from '../../../db/queries/log/events.ts'
import { findDeleted } from '../../../db/queries/sessions/deleted.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import { inSlices } from '../../../shared/contract/in-slices.ts'
import { repeating } from '../../concurrency/repeating.ts'
import type { CommittedEvent, LoggedSessionEvent } from '../events.ts'
import type { Hub } from './hub.ts'
import { parseEvent } from './snapshot.ts'

/** The most rows of one session that are read at once. No further row is read after `PAGE_BYTES`. */
const PAGE = 500
const PAGE_BYTES = 1024 * 1024
/** The most sessions that one query reads. */
const SESSIONS = 50

/**
 * Brings what other nodes commit to the readers of this node: from the notification if it has all events, else with one
 * query for all sessions that are read here.
 */
export class RemoteFeed {
  readonly #database: Database
  readonly #hub: Hub
  /** Reads the new events of all sessions that are read here. */
  readonly catchUp: () => Promise<void>

  constructor(database: Database, hub: Hub) {
    this.#database = database
    this.#hub = hub
    this.catchUp = repeating(() => this.#read())
  }

  /** Takes the events of another node's notification. */
  async take(events: readonly LoggedSessionEvent[]): Promise<void> {
    let complete = true
    for (const [sessionId, received] of Map.groupBy(events, (event) => event.sessionId)) {
      const first = received[0]
      complete = (!first || this.#hub.receive(sessionId, received, first.seq - 1)) && complete
    }
    if (!complete) {
      await this.catchUp()
    }
  }

  /** Ends the readers of sessions that other nodes deleted, in case the notification was lost. */
  async closeDeleted(): Promise<void> {
    const places = this.#hub.places()
    if (places.length > 0) {
      const ids = places.map(({ sessionId }) => sessionId)
      for (const id of await findDeleted(this.#database.db, 'sessions', ids)) {
        this.#hub.close(id)
      }
    }
  }

  /** Returns true when a session has more than one page. */
  async #read(): Promise<boolean> {
    const places = this.#hub.places()
    if (places.length === 0) {
      return false
    }
    let hasMore = false
    for (const some of inSlices(places, SESSIONS)) {
      const rows = await readEventsOfMany(this.#database.db, some, PAGE, PAGE_BYTES)
      const bySession = Map.groupBy(rows, (row) => row.sessionId)
      for (const { sessionId, after } of some) {
        const found = bySession.get(sessionId) ?? []
        this.#hub.receive(sessionId, found.map(toCommitted), after)
        const length = found.reduce((sum, { data }) => sum + data.length, 0)
        // A length in UTF-16 units is at least a third of one in bytes.
        hasMore ||= found.length === PAGE || length >= PAGE_BYTES / 3
      }
    }
    return hasMore
  }
}

function toCommitted(row: {
  seq: number
  type: string
  data: string
  sessionId: SessionId
}): CommittedEvent {
  return { seq: row.seq, event: parseEvent(row.data) }
}
