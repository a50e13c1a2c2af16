import type { Db } from '../../db/engine/database.ts'
import type {
  ChunkEvent,
  LoggedEvent,
  SessionEvent,
  SnapshotEvent,
} from '../../shared/contract/events.ts'
import type { MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'
import type { Urgency } from './admission.ts'

/**
 * The active branch became another one: the one that ends with `leaf`, null for none. A reader gets a snapshot in its
 * place, for only that says what a whole branch looks like.
 */
export type BranchEvent = { type: 'branch'; session: Session; leaf: MessageId | null }

/** What may be put into a log. A snapshot is made for a reader and never stored. */
export type AppendedEvent = Exclude<SessionEvent, { type: 'snapshot' }> | BranchEvent

/** Who writes for a run. An attempt that another has overtaken can write nothing more. */
export type RunHold = { runId: RunId; attempt: number }

/** Adds events inside an `append`, after everything that the session's log already holds or is about to. */
export type Appender = {
  /** The place that the next event will have. */
  readonly nextSeq: number
  /** Adds the event and returns its place in the log. */
  add(event: AppendedEvent, runId?: RunId | null): number
  /** Drops what the transaction would have added, text of a running answer included: the log itself is deleted. */
  dropAll(): void
}

/**
 * The one way into the logs. What it takes is shown to readers after its commit, in the order of the log, never
 * before and never without.
 */
export type LogWriter = {
  /**
   * Adds text of a running answer. It is committed soon, together with what other runs have (`urgent`: at once).
   * Resolves when there is room for more, which is at once unless the database does not keep up.
   */
  chunk(sessionId: SessionId, hold: RunHold, chunk: ChunkEvent, urgent?: boolean): Promise<void>
  /**
   * Runs `work` in a transaction and adds its events with it, all or nothing; chunks that wait go first. `work` may
   * run again when another node wrote to the session meanwhile, so it touches nothing but the transaction.
   *
   * @param urgency `answer` for what belongs to an answer under way: it goes first, and waits as long as it takes
   * @throws {LogBusyError} when a command would have to wait for too long; nothing was done then
   */
  append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
    urgency?: Urgency,
  ): Promise<T>
  /** Throws away a run's chunks that wait: an overtaken attempt may not show them. */
  discard(sessionId: SessionId, runId: RunId): void
  /** Commits everything that waits now; for an orderly end of the process. */
  flush(): Promise<void>
}

/**
 * Where the events of a reader that is up to date go, past its iterator: at once, and as the same list for all readers
 * of the session.
 */
export type LiveOutlet = {
  /** Whether there is no room: then the reader goes on by its iterator, as its connection drains. */
  readonly full: boolean
  send(events: readonly LoggedEvent[]): void
}

export type FollowOptions = {
  sessionId: SessionId
  userId: UserId
  /** The place in the log that the reader has; a snapshot comes first when it has none that the log knows. */
  after: number | null
  signal: AbortSignal
  /** Resolves when the reader's connection has room, so that nothing gathers in this process. */
  drained?: (() => Promise<void>) | undefined
  /** What it takes is not given by the iterator. Everything comes by one of the two, in the order of the log. */
  live?: LiveOutlet | undefined
}

export type LogReader = {
  /**
   * The session's events from a place on, as they are committed, until the signal aborts.
   *
   * @throws {SessionGoneError} when there is no such session of this user, or it is deleted meanwhile
   */
  follow(options: FollowOptions): AsyncGenerator<LoggedEvent, void, void>
  /**
   * The session's state as one event at its place in the log; null when there is no such session of this user.
   *
   * @param limit how many of the newest messages
   */
  snapshot(
    userId: UserId,
    sessionId: SessionId,
    limit?: number,
  ): Promise<{ seq: number; event: SnapshotEvent } | null>
}

/** The database does not keep up with what is asked of it. */
export class LogBusyError extends Error {
  constructor() {
    super('too much waits for the database')
    this.name = 'LogBusyError'
  }
}

export class SessionGoneError extends Error {
  constructor() {
    super('there is no such session')
    this.name = 'SessionGoneError'
  }
}
