import type { SessionId } from '../../../shared/contract/ids.ts'
import type { CommittedEvent } from '../events.ts'
import type { LiveOutlet } from './live-outlet.ts'
import { Topic } from './topic.ts'

/** Observes, once for each batch, what the hub hands to readers of this node. */
export type HubObserver = {
  delivered(sessionId: SessionId, events: readonly CommittedEvent[], readers: number): void
  /** The last reader of the session on this node left. */
  left(sessionId: SessionId): void
}

type HubListeners = {
  observer?: HubObserver | null
  onClose?: (sessionId: SessionId) => void
}

/**
 * Notifies the readers of this node of what was committed. It keeps a bounded number of the newest events of each
 * session that is read here; a reader that lacks older ones reads them from the database.
 */
export class Hub {
  readonly #topics = new Map<SessionId, Topic>()
  readonly #onPublish: (sessionId: SessionId, events: readonly CommittedEvent[]) => void

  readonly #observer: HubObserver | null
  readonly #onClose: (sessionId: SessionId) => void

  /**
   * @param onPublish gets everything that is committed, whether the session is read here or not
   * @param observer null when tracing is off
   * @param onClose called for each deleted session
   */
  constructor(
    onPublish: (sessionId: SessionId, events: readonly CommittedEvent[]) => void = () => {},
    { observer = null, onClose = () => {} }: HubListeners = {},
  ) {
    this.#onPublish = onPublish
    this.#observer = observer
    this.#onClose = onClose
  }

  /** Hands events that this node committed to the session's readers. Their numbers follow one another without a gap. */
  publish(sessionId: SessionId, events: readonly CommittedEvent[]): void {
    const topic = this.#topics.get(sessionId)
    if (topic) {
      topic.push(events)
      this.#observer?.delivered(sessionId, events, topic.readers)
    }
    this.#onPublish(sessionId, events)
  }

  /**
   * Hands events that another node committed to the session's readers.
   *
   * @param after the log has no event between this `seq` and the first of them
   * @returns false when this node lacks events before them; then they are read from the database
   */
  receive(sessionId: SessionId, events: readonly CommittedEvent[], after: number): boolean {
    const topic = this.#topics.get(sessionId)
    if (!topic) {
      return true
    }
    const known = topic.known
    const isTaken = topic.receive(events, after)
    if (this.#observer && known !== null && (topic.known ?? 0) > known) {
      const fresh = events.filter(({ seq }) => seq > known)
      this.#observer.delivered(sessionId, fresh, topic.readers)
    }
    return isTaken
  }

  /** The sessions that are read here, each with the `seq` up to which this node knows it. */
  places(): { sessionId: SessionId; after: number }[] {
    return [...this.#topics].flatMap(([sessionId, topic]) =>
      topic.known === null ? [] : [{ sessionId, after: topic.known }],
    )
  }

  /** True while a session is read here. */
  reads(sessionId: SessionId): boolean {
    return this.#topics.has(sessionId)
  }

  /** The number of readers of all sessions. */
  get readers(): number {
    return this.#topics.values().reduce((sum, { readers }) => sum + readers, 0)
  }

  /** Ends all readers of a deleted session. A session that is made again under the same id has new readers. */
  close(sessionId: SessionId): void {
    this.#topics.get(sessionId)?.close()
    this.#topics.delete(sessionId)
    this.#observer?.left(sessionId)
    this.#onClose(sessionId)
  }

  /** Subscribes to a session until the subscription is disposed. After the signal's abort `changed` returns at once. */
  subscribe(sessionId: SessionId, signal: AbortSignal): Subscription {
    const topic = this.#topics.get(sessionId) ?? new Topic()
    this.#topics.set(sessionId, topic)
    topic.readers += 1
    const listener = topic.listen(signal)
    return {
      get closed() {
        return topic.closed
      },
      since: (after) => topic.since(after),
      reached: (seq) => topic.reached(seq),
      changed: (after, live) => listener.changed(after, live),
      [Symbol.dispose]: () => {
        listener[Symbol.dispose]()
        topic.readers -= 1
        if (topic.readers === 0 && this.#topics.get(sessionId) === topic) {
          this.#topics.delete(sessionId)
          this.#observer?.left(sessionId)
        }
      },
    }
  }
}

export type Subscription = {
  /** True when the session was deleted. */
  readonly closed: boolean
  /** The events after a `seq`, as one list shared by all readers that ask for it; null when older ones are needed. */
  since(after: number): readonly CommittedEvent[] | null
  /** Reports that everything up to this `seq` was read from the database. */
  reached(seq: number): void
  /**
   * Resolves when something after this `seq` is committed, the session is deleted, or the signal aborts.
   *
   * @param live takes committed events directly while its connection has room
   * @returns the `seq` up to which `live` took everything
   */
  changed(after: number, live?: LiveOutlet): Promise<number>
  [Symbol.dispose](): void
}
