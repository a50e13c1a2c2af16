import type { Database } from '../../../db/engine/database.ts'
import { readEventsWithin } from '../../../db/queries/log/events.ts'
import { isRefusal } from '../../../db/engine/database-errors.ts'
import { findSessionStates } from '../../../db/queries/sessions/sessions.ts'
import type { OwnSession, SessionState } from '../../../db/queries/sessions/sessions.ts'
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
import { createSnapshots, parseEvent } from './snapshot.ts'
import type { SnapshotOptions, TakeSnapshot } from './snapshot.ts'
import { Gathering } from '../../concurrency/gathering.ts'

/** The limits of one page of events, which stays in memory while its reader is slow. UTF-16 units. */
const PAGE = { limit: 500, maxLength: 256 * 1024 }
/** The most sessions that one statement looks up. */
const SESSIONS_AT_ONCE = 64

/** An event with its `seq`, cut into frames. */
type Framed = { seq: number; frames: Frames }

export type FollowOptions = {
  sessionId: SessionId
  userId: UserId
  /** The reader's cursor. A snapshot comes first when it is null, or when the log cannot go on from it. */
  after: number | null
  signal: AbortSignal
  /** Resolves when the reader's connection has room, so that no events gather in memory. */
  drained?: (() => Promise<void>) | undefined
  /** Events that it takes are not yielded. Each event comes in one of the two ways, in the order of the log. */
  live?: LiveOutlet | undefined
}

/** The requested events were in the log and were pruned. */
export class LogPrunedError extends CommandError {
  constructor() {
    super('NOT_FOUND', 'The log of this answer is not kept any more; the conversation is.')
    this.name = 'LogPrunedError'
  }
}

export class SessionGoneError extends CommandError {
  constructor() {
    super('NOT_FOUND', 'There is no such session.')
    this.name = 'SessionGoneError'
  }
}

/**
 * Readers are cursors over the log, not queues: a reader that is up to date gets events as they are committed, a reader
 * that is behind reads what it lacks, with chunks merged. No events gather in memory for a slow reader.
 *
 * While a reader with a live outlet is up to date, the hub gives events to the outlet directly. The reader returns to
 * its cursor as soon as the outlet is full, or an event is committed that differs from reader to reader.
 */
export class LogReader {
  readonly #database: Database
  readonly #hub: Hub
  readonly #longTexts: LongTexts
  readonly #takeSnapshot: TakeSnapshot
  /** Readers that resume at the same time share statements. */
  readonly #sessions: Gathering<OwnSession, SessionState | null>

  constructor(database: Database, hub: Hub) {
    this.#database = database
    this.#hub = hub
    this.#longTexts = new LongTexts(database.db)
    this.#takeSnapshot = createSnapshots(database)
    this.#sessions = new Gathering((wanted) => findSessionStates(database.db, wanted), {
      most: SESSIONS_AT_ONCE,
      failsAlone: isRefusal,
    })
  }

  /**
   * The session's state as one event with its `seq`; null when this user has no such session.
   *
   * @param limit the number of newest messages
   */
  snapshot(userId: UserId, sessionId: SessionId, limit?: number) {
    return this.#takeSnapshot(userId, sessionId, { limit })
  }

  /**
   * The session's events after the cursor, as they are committed, until the signal aborts.
   *
   * @throws {SessionGoneError} when this user has no such session, or it is deleted meanwhile
   */
  async *follow(options: FollowOptions): AsyncGenerator<LoggedEvent, void, void> {
    const { sessionId, signal, drained, live } = options
    using subscription = this.#hub.subscribe(sessionId, signal)
    const start = await this.#startingPoint(options)
    let { cursor } = start
    // Up to this `seq` the log itself is read, although the hub remembers its events. A compacted log lacks the chunks
    // on which remembered ones follow, so a reader that resumes, or has read a page, reads on in the log to its end.
    let reread = cursor === null ? 0 : Number.POSITIVE_INFINITY
    if (cursor !== null && start.isAtEnd) {
      subscription.reached(cursor)
      reread = 0
    }
    while (!signal.aborted) {
      if (subscription.closed) {
        throw new SessionGoneError()
      }
      await drained?.()
      if (cursor === null) {
        const snapshot = await this.#snapshotFor(options)
        subscription.reached(snapshot.seq)
        cursor = yield* this.#inFrames(snapshot, options)
        continue
      }
      const remembered = cursor < reread ? null : subscription.since(cursor)
      let events = remembered
      if (!events) {
        const page = await this.#read(options, cursor, subscription)
        if (page.isPruned) {
          cursor = null
          continue
        }
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
          // The log may have been compacted before the snapshot was taken, so the remembered events may not follow on
          // it.
          reread = events.at(-1)?.seq ?? 0
          break
        }
      }
    }
  }

  /** Sends an event in frames within the limit; returns its `seq`. */
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

  /** An event as readers get it: a change of branch becomes a snapshot. */
  async #toFrames({ seq, event }: CommittedEvent, options: FollowOptions): Promise<Framed> {
    return event.type === 'branch'
      ? this.#snapshotFor(options, { seq, leaf: event.leaf, session: event.session })
      : { seq, frames: toFrames(event) }
  }

  /** Only the first frame of a long snapshot is in memory, because many readers may wait at the same time. */
  async #snapshotFor(
    { userId, sessionId }: FollowOptions,
    at?: SnapshotOptions['at'],
  ): Promise<Framed> {
    const snapshot = await this.#takeSnapshot(userId, sessionId, { at })
    if (!snapshot) {
      throw new SessionGoneError()
    }
    return { seq: snapshot.seq, frames: toFrames(snapshot.event) }
  }

  /**
   * The cursor is null if a snapshot has to come first, because the log cannot go on from it. `isAtEnd` is true if the
   * log had nothing after it.
   */
  async #startingPoint({
    sessionId,
    userId,
    after,
  }: FollowOptions): Promise<{ cursor: number | null; isAtEnd: boolean }> {
    if (after === null || !Number.isSafeInteger(after) || after < 0) {
      return { cursor: null, isAtEnd: false }
    }
    const found = await this.#sessions.do({ userId, sessionId })
    if (!found) {
      throw new SessionGoneError()
    }
    const { seq } = found.session
    return { cursor: after <= seq ? after : null, isAtEnd: after === seq }
  }

  async #read(
    { sessionId }: FollowOptions,
    cursor: number,
    subscription: Subscription,
  ): Promise<{ events: CommittedEvent[]; complete: boolean; isPruned: boolean }> {
    const page = await readEventsWithin(this.#database.db, sessionId, cursor, PAGE)
    const { complete, isPruned } = page
    if (complete) {
      subscription.reached(page.events.at(-1)?.seq ?? cursor)
    }
    const events = page.events.map(({ seq, data }) => ({ seq, event: parseEvent(data) }))
    return { events, complete, isPruned }
  }
}
