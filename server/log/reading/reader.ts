import type { Database } from '../../../db/engine/database.ts'
import { readEventsWithin } from '../../../db/queries/log/events.ts'
import { findSession } from '../../../db/queries/sessions/sessions.ts'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { CommandError } from '../../api-error.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import { inFrames, toFrames } from './frames.ts'
import type { Frames } from './frames.ts'
import type { Hub, Subscription } from './hub.ts'
import type { CommittedEvent } from '../events.ts'
import { LongTexts } from './long-texts.ts'
import type { LiveOutlet } from './live-outlet.ts'
import { readyOf } from './ready.ts'
import { parseEvent, takeSnapshot } from './snapshot.ts'
import type { SnapshotOptions } from './snapshot.ts'
import { Semaphore } from '../../concurrency/semaphore.ts'

/** The limits of one page of events, which is held in memory while its reader is slow. UTF-16 units. */
const PAGE = { limit: 500, maxLength: 256 * 1024 }
/** The most snapshots that are taken at the same time, since each may contain a very long message. */
const SNAPSHOTS_AT_ONCE = 4

/** An event at its place in the log, as it is sent. */
type Framed = { seq: number; frames: Frames }

export type FollowOptions = {
  sessionId: SessionId
  userId: UserId
  /** The place in the log that the reader has; a snapshot comes first when it has none that the log knows. */
  after: number | null
  signal: AbortSignal
  /** Resolves when the reader's connection has room, so that nothing gathers in this process. */
  drained?: (() => Promise<void>) | undefined
  /** Events that it takes are not yielded. Each event comes by one of the two, in the order of the log. */
  live?: LiveOutlet | undefined
}

export class SessionGoneError extends CommandError {
  constructor() {
    super('NOT_FOUND', 'There is no such session.')
    this.name = 'SessionGoneError'
  }
}

/**
 * Readers are cursors over the log, not queues: a reader that is up to date gets events as they are committed, one
 * that is behind reads what it lacks, merged. Nothing gathers for a reader that does not read.
 *
 * A reader with a live outlet is handed over to the hub while it is up to date, and comes back with its cursor as soon
 * as its outlet is full, or something is committed that is not the same for everybody.
 */
export class LogReader {
  readonly #database: Database
  readonly #hub: Hub
  readonly #longTexts: LongTexts
  readonly #snapshots = new Semaphore(SNAPSHOTS_AT_ONCE)

  constructor(database: Database, hub: Hub) {
    this.#database = database
    this.#hub = hub
    this.#longTexts = new LongTexts(database.db)
  }

  /**
   * The session's state as one event at its place in the log; null when there is no such session of this user.
   *
   * @param limit how many of the newest messages
   */
  snapshot(userId: UserId, sessionId: SessionId, limit?: number) {
    return takeSnapshot(this.#database, userId, sessionId, { limit })
  }

  /**
   * The session's events from a place on, as they are committed, until the signal aborts.
   *
   * @throws {SessionGoneError} when there is no such session of this user, or it is deleted meanwhile
   */
  async *follow(options: FollowOptions): AsyncGenerator<LoggedEvent, void, void> {
    const { sessionId, signal, drained, live } = options
    using subscription = this.#hub.subscribe(sessionId, signal)
    let cursor = await this.#startingPoint(options)
    // Up to here the log itself is read, though its events are remembered. Who resumes may have what a shortened log said,
    // from which chunks are gone that what is remembered follows on; so may who is in the middle of reading.
    let reread = cursor === null ? 0 : Number.POSITIVE_INFINITY
    while (!signal.aborted) {
      if (subscription.closed) {
        throw new SessionGoneError()
      }
      await drained?.()
      if (cursor === null) {
        cursor = yield* this.#inFrames(await this.#snapshotFor(options), options)
        continue
      }
      const remembered = cursor < reread ? null : subscription.since(cursor)
      let events = remembered
      if (!events) {
        const page = await this.#read(options, cursor, subscription)
        events = page.events
        reread = page.complete ? 0 : Number.POSITIVE_INFINITY
      }
      if (events.length === 0) {
        cursor = await subscription.changed(cursor, live)
      }
      for (const ready of readyOf(events)) {
        await drained?.()
        if (signal.aborted) {
          return
        }
        if (ready.whole) {
          yield ready.whole
          cursor = ready.whole.seq
          continue
        }
        const { committed } = ready
        cursor = yield* this.#inFrames(await this.#toFrames(committed, options), options)
        if (committed.event.type === 'branch') {
          // The log may have been shortened before the snapshot was taken: what is remembered does not follow on it.
          reread = events.at(-1)?.seq ?? 0
          break
        }
      }
    }
  }

  /** Sends an event in frames that are no longer than they may be; returns its place in the log. */
  async *#inFrames(
    { seq, frames }: Framed,
    { userId, signal, drained }: FollowOptions,
  ): AsyncGenerator<LoggedEvent, number, void> {
    const read = (id: MessageId, part: number) => this.#longTexts.read(userId, id, part)
    for await (const frame of inFrames(seq, frames, read)) {
      await drained?.()
      if (signal.aborted) {
        break
      }
      yield frame
    }
    return seq
  }

  /** An event as readers get it: in the place of a new branch, a snapshot of it. */
  async #toFrames({ seq, event }: CommittedEvent, options: FollowOptions): Promise<Framed> {
    return event.type === 'branch'
      ? this.#snapshotFor(options, { seq, leaf: event.leaf, session: event.session })
      : { seq, frames: toFrames(event) }
  }

  /** Only the first frame of a long snapshot is held in memory, since many readers may wait at the same time. */
  #snapshotFor({ userId, sessionId }: FollowOptions, at?: SnapshotOptions['at']): Promise<Framed> {
    return this.#snapshots.take(async () => {
      const snapshot = await takeSnapshot(this.#database, userId, sessionId, { at })
      if (!snapshot) {
        throw new SessionGoneError()
      }
      return { seq: snapshot.seq, frames: toFrames(snapshot.event) }
    })
  }

  /** The cursor, if the log can continue from it; null asks for a snapshot, which looks for the session itself. */
  async #startingPoint({ sessionId, userId, after }: FollowOptions): Promise<number | null> {
    if (after === null || !Number.isSafeInteger(after) || after < 0) {
      return null
    }
    const session = await findSession(this.#database.db, userId, sessionId)
    if (!session) {
      throw new SessionGoneError()
    }
    return after <= session.seq ? after : null
  }

  async #read(
    { sessionId }: FollowOptions,
    cursor: number,
    subscription: Subscription,
  ): Promise<{ events: CommittedEvent[]; complete: boolean }> {
    const page = await readEventsWithin(this.#database.db, sessionId, cursor, PAGE)
    if (page.complete) {
      subscription.reached(page.events.at(-1)?.seq ?? cursor)
    }
    const events = page.events.map(({ seq, data }) => ({ seq, event: parseEvent(data) }))
    return { events, complete: page.complete }
  }
}
