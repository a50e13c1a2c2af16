import type { SessionId } from '../../../shared/contract/ids.ts'
import type { CommittedEvent } from '../events.ts'
import type { LiveOutlet } from './live-outlet.ts'
import { Topic } from './topic.ts'

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

  /** Hands events that this node committed to the session's readers; they follow one another without a gap. */
  publish(sessionId: SessionId, events: readonly CommittedEvent[]): void {
    this.#topics.get(sessionId)?.push(events)
    this.#onPublish(sessionId, events)
  }

  /**
   * Hands events that another node committed to the session's readers.
   *
   * @param after the log has nothing between this place and the first of them
   * @returns false when something before them has not been heard of: then it is to be read
   */
  receive(sessionId: SessionId, events: readonly CommittedEvent[], after: number): boolean {
    return this.#topics.get(sessionId)?.receive(events, after) ?? true
  }

  /** The sessions that are being read here, and the place up to which each is known. */
  places(): { sessionId: SessionId; after: number }[] {
    return [...this.#topics].flatMap(([sessionId, topic]) =>
      topic.known === null ? [] : [{ sessionId, after: topic.known }],
    )
  }

  /** Whether a session is being read here. */
  reads(sessionId: SessionId): boolean {
    return this.#topics.has(sessionId)
  }

  /** The number of readers of all sessions. */
  get readers(): number {
    return this.#topics.values().reduce((sum, { readers }) => sum + readers, 0)
  }

  /** Ends the reading of a session that was deleted; who reads one that is made anew under its id begins afresh. */
  close(sessionId: SessionId): void {
    this.#topics.get(sessionId)?.close()
    this.#topics.delete(sessionId)
  }

  /** Listens to a session until the subscription is disposed; nothing is waited for after the signal's abort. */
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
        }
      },
    }
  }
}

export type Subscription = {
  /** True when the session was deleted. */
  readonly closed: boolean
  /** The events after a place, the same list for all that ask for it; null when they are not all remembered. */
  since(after: number): readonly CommittedEvent[] | null
  /** Says that everything up to this place was read from the database. */
  reached(seq: number): void
  /**
   * Resolves when something after this place is committed, the session is deleted, or the signal aborts.
   *
   * @param live takes what is committed meanwhile, as long as it can
   * @returns the place up to which it took everything
   */
  changed(after: number, live?: LiveOutlet): Promise<number>
  [Symbol.dispose](): void
}
