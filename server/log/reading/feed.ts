import type { Database } from '../../../db/engine/database.ts'
import { readEventsOfMany } from '../../../db/queries/log/events.ts'
import { findDeleted } from '../../../db/queries/sessions/deleted.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import { repeating } from '../../concurrency/repeating.ts'
import type { CommittedEvent, LoggedSessionEvent } from '../events.ts'
import type { Hub } from './hub.ts'
import { parseEvent } from './snapshot.ts'

/** Rows of one session that are read at once, and bytes after which no further one is. */
const PAGE = 500
const PAGE_BYTES = 1024 * 1024
/** Sessions that are read at once. */
const SESSIONS = 50

/**
 * Brings what other nodes commit to the readers of this one: from a notification where that is complete, else with one
 * query for all the sessions that are being read here.
 */
export class RemoteFeed {
  readonly #database: Database
  readonly #hub: Hub
  /** Reads whatever the sessions that are being read here have gained. */
  readonly catchUp: () => Promise<void>

  constructor(database: Database, hub: Hub) {
    this.#database = database
    this.#hub = hub
    this.catchUp = repeating(() => this.#read())
  }

  /** Takes what another node says that it committed. */
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

  /** Ends the reading of sessions that were deleted on other nodes: their word may have been lost. */
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
    for (let from = 0; from < places.length; from += SESSIONS) {
      const some = places.slice(from, from + SESSIONS)
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
