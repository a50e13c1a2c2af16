import type { Db } from '../../db/engine/database.ts'
import { readActivity } from '../../db/queries/sessions/activity.ts'
import { findSessionWithOwner } from '../../db/queries/sessions/sessions.ts'
import type { SessionsChange } from '../../shared/contract/events.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { Wakeup } from '../concurrency/wakeup.ts'
import type { CommittedEvent } from '../log/events.ts'

/** The delay before a session is read again after a failed query. Milliseconds. */
const READ_AGAIN = 1_000

/** The number of sessions that a waiting list keeps whole; each may have a long system prompt. */
const MOST_WHOLE = 16

/** True for an event that a list of sessions may show. */
export function changesList({ event }: Pick<CommittedEvent, 'event'>): boolean {
  if (event.type === 'tool') return event.waiting !== undefined
  return event.type !== 'chunk'
}

/**
 * Notifies the open lists of this node of changes. A list that does not read keeps at most one entry for each session,
 * because only its newest state counts, and soon only ids. While no list is open nothing is read.
 */
export class LocalSessionChanges {
  readonly #db: Db
  readonly #onError: (error: unknown) => void
  readonly #lists = new Map<UserId, Set<OpenList>>()
  readonly #dirty = new Set<SessionId>()
  #reading = false
  /** Null once it is known to be deleted: what was read of it then is outdated. */
  #beingRead: SessionId | null = null
  /** The result of the last poll, for the users whose lists were open then. */
  #seen = new Map<SessionId, { userId: UserId; mark: string }>()
  #seenOf = new Set<UserId>()

  constructor(db: Db, onError: (error: unknown) => void) {
    this.#db = db
    this.#onError = onError
  }

  /** A session was made or changed. */
  touch(id: SessionId): void {
    if (this.#lists.size > 0) {
      this.#dirty.add(id)
      void this.#read()
    }
  }

  /** A session of this person was deleted. */
  deleted(userId: UserId, id: SessionId): void {
    this.#dirty.delete(id)
    if (this.#beingRead === id) {
      this.#beingRead = null
    }
    this.#put(userId, id, { type: 'deleted', id })
  }

  /** Finds changes of other nodes, in case their notification was lost. */
  async poll(): Promise<void> {
    const userIds = [...this.#lists.keys()]
    const rows = userIds.length > 0 ? await readActivity(this.#db, userIds) : []
    const before = this.#seen
    const knownBefore = this.#seenOf
    this.#seen = new Map(rows.map(({ id, ...seen }) => [id, seen]))
    this.#seenOf = new Set(userIds)
    for (const [id, { userId, mark }] of this.#seen) {
      // For a list that has just been opened, everything may be new.
      if (!knownBefore.has(userId) || before.get(id)?.mark !== mark) {
        this.touch(id)
      }
    }
    for (const [id, { userId }] of before) {
      if (
        !this.#seen.has(id) &&
        this.#seenOf.has(userId) &&
        !(await findSessionWithOwner(this.#db, id))
      ) {
        this.deleted(userId, id)
      }
    }
  }

  /** A person's changes from now on, the newest state of each session, until the signal aborts. */
  async *follow(
    userId: UserId,
    signal: AbortSignal,
    drained?: () => Promise<void>,
  ): AsyncGenerator<SessionsChange, void, void> {
    using list = new OpenList(signal)
    const lists = this.#lists.get(userId) ?? new Set()
    this.#lists.set(userId, lists.add(list))
    try {
      while (!signal.aborted) {
        const waiting = list.take()
        if (!waiting) {
          await list.changed()
          continue
        }
        await drained?.()
        const change =
          waiting.type === 'unread' ? await this.#readFor(list, userId, waiting) : waiting
        if (change && !signal.aborted) {
          yield change
        }
      }
    } finally {
      lists.delete(list)
      if (lists.size === 0) {
        this.#lists.delete(userId)
      }
    }
  }

  /** Reads changed sessions one after the other; those that change again meanwhile, or fail, are read again. */
  async #read(): Promise<void> {
    if (this.#reading) {
      return
    }
    this.#reading = true
    for (const id of this.#dirty) {
      this.#dirty.delete(id)
      this.#beingRead = id
      try {
        const found = await findSessionWithOwner(this.#db, id)
        if (found && this.#beingRead === id) {
          this.#put(found.userId, id, { type: 'session', session: found.session })
        }
      } catch (error) {
        this.#onError(error)
        if (this.#lists.size > 0) {
          this.#dirty.add(id)
          setTimeout(() => void this.#read(), READ_AGAIN).unref()
        }
        break
      }
    }
    this.#reading = false
  }

  /**
   * Null when there is nothing to send: the session is deleted, which the list learns otherwise, or it is read later.
   */
  async #readFor(list: OpenList, userId: UserId, unread: Unread): Promise<SessionsChange | null> {
    try {
      const found = await findSessionWithOwner(this.#db, unread.id)
      return found?.userId === userId ? { type: 'session', session: found.session } : null
    } catch (error) {
      this.#onError(error)
      setTimeout(() => list.putBack(unread), READ_AGAIN).unref()
      return null
    }
  }

  #put(userId: UserId, id: SessionId, change: SessionsChange): void {
    for (const list of this.#lists.get(userId) ?? []) {
      list.put(id, change)
    }
  }
}

/** A changed session, which is read when the list takes it. */
type Unread = { type: 'unread'; id: SessionId }

class OpenList implements Disposable {
  readonly #changes = new Map<SessionId, SessionsChange | Unread>()
  readonly #wakeup: Wakeup

  constructor(signal: AbortSignal) {
    this.#wakeup = new Wakeup(signal)
  }

  put(id: SessionId, change: SessionsChange): void {
    this.#changes.delete(id)
    const isWhole = change.type === 'deleted' || this.#changes.size < MOST_WHOLE
    this.#changes.set(id, isWhole ? change : { type: 'unread', id })
    this.#wakeup.wake()
  }

  /** Returns a session that could not be read, unless there is a newer entry of it. */
  putBack(unread: Unread): void {
    if (!this.#changes.has(unread.id)) {
      this.#changes.set(unread.id, unread)
      this.#wakeup.wake()
    }
  }

  take(): SessionsChange | Unread | null {
    const [next] = this.#changes
    if (!next) {
      return null
    }
    this.#changes.delete(next[0])
    return next[1]
  }

  /** Resolves when there may be an entry to take. */
  changed(): Promise<void> {
    return this.#wakeup.sleep()
  }

  [Symbol.dispose](): void {
    this.#wakeup[Symbol.dispose]()
  }
}
