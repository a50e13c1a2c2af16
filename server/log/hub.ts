import type { SessionId } from '../../shared/contract/ids.ts'
import type { AppendedEvent } from './port.ts'

/** An event as it was committed; `branch` marks the place where a reader needs a fresh snapshot. */
export type CommittedEvent = { seq: number; event: AppendedEvent; branch: boolean }

/**
 * Tells the readers of this node what was committed. It remembers the newest events of each session that is being
 * read, a bounded number of them: who lacks older ones reads them from the database.
 */
export class Hub {
  readonly #topics = new Map<SessionId, Topic>()
  readonly #onPublish: (sessionId: SessionId, events: readonly CommittedEvent[]) => void

  /** @param onPublish is told of everything that is committed, whether the session is being read or not */
  constructor(
    onPublish: (sessionId: SessionId, events: readonly CommittedEvent[]) => void = () => {},
  ) {
    this.#onPublish = onPublish
  }

  /** Hands committed events to the session's readers; `events` follow one another without a gap. */
  publish(sessionId: SessionId, events: readonly CommittedEvent[]): void {
    this.#topics.get(sessionId)?.push(events)
    this.#onPublish(sessionId, events)
  }

  /** Ends the reading of a session that was deleted. */
  close(sessionId: SessionId): void {
    this.#topics.get(sessionId)?.close()
  }

  /** Listens to a session until the subscription is disposed. */
  subscribe(sessionId: SessionId): Subscription {
    const topic = this.#topics.get(sessionId) ?? new Topic()
    this.#topics.set(sessionId, topic)
    topic.readers += 1
    return {
      get closed() {
        return topic.closed
      },
      since: (after) => topic.since(after),
      changed: (after, signal) => topic.changed(after, signal),
      [Symbol.dispose]: () => {
        topic.readers -= 1
        if (topic.readers === 0 && this.#topics.get(sessionId) === topic) {
          this.#topics.delete(sessionId)
        }
      },
    }
  }
}

export type Subscription = {
  /** Whether the session was deleted. */
  readonly closed: boolean
  /** The events after a place, or null when they are not all remembered. */
  since(after: number): CommittedEvent[] | null
  /** Resolves when something after this place is committed, the session is deleted, or the signal aborts. */
  changed(after: number, signal: AbortSignal): Promise<void>
  [Symbol.dispose](): void
}

const REMEMBERED_EVENTS = 512

class Topic {
  readers = 0
  closed = false
  #events: CommittedEvent[] = []
  #waiting = new Set<() => void>()

  push(events: readonly CommittedEvent[]): void {
    const last = this.#events.at(-1)
    const first = events[0]
    if (last && first && first.seq !== last.seq + 1) {
      this.#events = []
    }
    this.#events.push(...events)
    if (this.#events.length > REMEMBERED_EVENTS) {
      this.#events = this.#events.slice(-REMEMBERED_EVENTS / 2)
    }
    this.#wake()
  }

  close(): void {
    this.closed = true
    this.#wake()
  }

  since(after: number): CommittedEvent[] | null {
    const first = this.#events[0]
    if (!first || first.seq > after + 1) {
      return null
    }
    return this.#events.slice(Math.max(0, after + 1 - first.seq))
  }

  changed(after: number, signal: AbortSignal): Promise<void> {
    const newest = this.#events.at(-1)
    if (signal.aborted || this.closed || (newest && newest.seq > after)) {
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
    })
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) {
      wake()
    }
  }
}
