import {
  arrive,
  countRead,
  departFromMany,
  findAbandoned,
  forgetAbandoned,
  lockPresence,
  reopenSession,
} from '../../db/queries/presence.ts'
import { findSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { notFound } from '../api-error.ts'
import { repeating } from '../concurrency/repeating.ts'
import type { OnError } from '../log-ids.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { LocalNode } from '../nodes/node.ts'
import { closeLeft } from './closing.ts'
import type { ClosingOptions } from './closing.ts'
import { createEntering } from './entering.ts'

export type PresenceOptions = ClosingOptions & {
  node: LocalNode
  onError: OnError
}

/**
 * The readers of one session on this node, and whether the database has recorded them. That is unsure while it is being
 * written, and stays so when the answer is lost, because the write may have been committed.
 */
type Readers = {
  /** Null until the session is known to be somebody's. */
  userId: UserId | null
  count: number
  recorded: boolean
  isUnsure: boolean
  recording: Promise<void> | null
}

const NOBODY: Readers = {
  userId: null,
  count: 0,
  recorded: false,
  isUnsure: false,
  recording: null,
}

/** The interval of sweeps, which find what no timer of this node knows about. */
const SWEEP_INTERVAL_MS = 1_000
/** The most sessions that are settled or closed in one sweep. */
const SWEEP_LIMIT = 20
/** The most sessions that are unregistered in one transaction when this node ends. */
const LEAVE_BATCH = 500
/** Added to timers, so that they do not fire just before the grace period ends by the database's clock. */
const TIMER_MARGIN_MS = 20

/**
 * Records in the database which sessions are read on this node, removes the readers of dead nodes, and closes sessions
 * without readers after the grace period. Any node may close any session; the session's lock lets one of them.
 */
export class LocalPresence {
  readonly #options: PresenceOptions
  readonly #read = new Map<SessionId, Readers>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #entering: ReturnType<typeof createEntering>
  /** Looks for sessions without readers. */
  readonly sweep: () => Promise<void>
  #closing = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#entering = createEntering(options.database.db, options.node.id)
    this.sweep = repeating(() => this.#sweepRound(), {
      isOver: () => this.#closing,
      onError: (error) => options.onError(error, 'sessions could not be closed'),
    })
  }

  /**
   * Removes the readers that an earlier process of an embedded database left. Must be called before the node joins,
   * because joining removes the time of the earlier nodes' last heartbeat.
   */
  async recover(): Promise<void> {
    const { database } = this.#options
    await this.#forgetAbandoned(database.kind === 'embedded')
  }

  start(): void {
    this.#timers.add(setInterval(() => void this.sweep(), SWEEP_INTERVAL_MS))
  }

  /**
   * Counts a reader until it is disposed. A closed session opens for it.
   *
   * @throws NOT_FOUND for somebody else's session, because a reader that leaves has an effect on when it closes
   */
  async enter(sessionId: SessionId, userId: UserId): Promise<Disposable> {
    const isKnown = this.#read.get(sessionId)?.userId === userId
    const recorded = !isKnown && (await this.#admit(sessionId, userId))
    const readers = this.#read.get(sessionId) ?? { ...NOBODY, recorded }
    // A guest's session has become that of the person as whom the guest registered.
    readers.userId = userId
    this.#read.set(sessionId, readers)
    readers.count += 1
    let left = false
    const leave = () => {
      if (!left) {
        left = true
        readers.count -= 1
        if (this.#closing) {
          return
        }
        this.#record(sessionId, readers).catch((error: unknown) =>
          this.#options.onError(error, 'that a session was left could not be recorded yet', {
            session: sessionId,
          }),
        )
      }
    }
    try {
      await this.#record(sessionId, readers)
    } catch (error) {
      leave()
      throw error
    }
    return { [Symbol.dispose]: leave }
  }

  /**
   * Returns true when the node is registered as a reader already: that it could be is the proof that the session is this
   * person's.
   *
   * @throws NOT_FOUND for somebody else's session
   */
  async #admit(sessionId: SessionId, userId: UserId): Promise<boolean> {
    const reader = { sessionId, userId }
    try {
      if (!this.#read.has(sessionId) && (await this.#entering.enter(reader))) {
        return true
      }
    } catch (error) {
      // It may have been committed. Then a sweep takes it back.
      if (!this.#read.has(sessionId)) {
        this.#read.set(sessionId, { ...NOBODY, isUnsure: true })
      }
      throw error
    }
    if (!(await this.#entering.owns(reader))) {
      throw notFound('session')
    }
    return false
  }

  /** Opens a closed session for a new message. The caller has locked the session. */
  async reopen(transaction: SessionTransaction): Promise<void> {
    const session = await lockPresence(transaction.db, transaction.sessionId)
    if (session?.closed) {
      await this.#reopen(transaction, session.summary_job, null)
    }
  }

  /**
   * Must be called before the connections are closed: readers who leave from here on are unregistered together by
   * `close`.
   */
  beginClosing(): void {
    this.#closing = true
    for (const timer of this.#timers) {
      clearTimeout(timer)
    }
  }

  /** Unregisters this node from every session. */
  async close(): Promise<void> {
    this.beginClosing()
    const { database, node, onError } = this.#options
    await Promise.allSettled([
      this.sweep(),
      ...[...this.#read.values()].map(({ recording }) => recording),
    ])
    const leaveSome = () =>
      database.db
        .transaction()
        .execute((transaction) => departFromMany(transaction, node.id, LEAVE_BATCH))
    try {
      while ((await leaveSome()) === LEAVE_BATCH) {
        // There may be more.
      }
    } catch (error) {
      // Without this record, the sessions count as left when this node's lease expires.
      onError(error, 'that sessions were left could not be recorded')
    }
  }

  /** Retries until the database has recorded whether the session is read here. */
  #record(sessionId: SessionId, readers: Readers): Promise<void> {
    if (isRecorded(readers)) {
      return Promise.resolve()
    }
    readers.recording ??= this.#recordAll(sessionId, readers)
    return readers.recording
  }

  async #recordAll(sessionId: SessionId, readers: Readers): Promise<void> {
    try {
      while (!isRecorded(readers)) {
        const reader = readers.count > 0 ? readers.userId : null
        readers.isUnsure = true
        await (reader ? this.#arrive(sessionId, reader) : this.#depart(sessionId))
        readers.recorded = reader !== null
        readers.isUnsure = false
      }
      if (readers.count === 0) {
        this.#read.delete(sessionId)
      }
    } finally {
      readers.recording = null
    }
  }

  async #arrive(sessionId: SessionId, userId: UserId): Promise<void> {
    const { database, log, node } = this.#options
    const reader = { sessionId, userId, nodeId: node.id }
    if (
      (await this.#entering.enter(reader)) ||
      !(await findSession(database.db, userId, sessionId))
    ) {
      return
    }
    await transact(log, reader, async (transaction) => {
      const session = await lockPresence(transaction.db, sessionId)
      if (session?.closed) {
        await this.#reopen(transaction, session.summary_job, node.id)
      } else {
        await arrive(transaction.db, reader)
      }
    })
  }

  async #reopen(
    transaction: SessionTransaction,
    summaryJob: string | null,
    nodeId: string | null,
  ): Promise<void> {
    if (summaryJob !== null) {
      await this.#options.summaries.cancel(transaction.db, summaryJob)
    }
    await reopenSession(transaction.db, transaction.sessionId, nodeId)
    await transaction.addSession()
  }

  async #depart(sessionId: SessionId): Promise<void> {
    await this.#entering.leave(sessionId)
    if (!this.#closing) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        void this.sweep()
      }, this.#options.graceMs + TIMER_MARGIN_MS)
      this.#timers.add(timer)
    }
  }

  /** Returns true when there may be more sessions to close. */
  async #sweepRound(): Promise<boolean> {
    // A node that may itself count as dead must not judge others.
    if (!this.#options.node.leaseHolds) {
      return false
    }
    await this.#settleReaders()
    await this.#forgetAbandoned(false)
    const left = await closeLeft(this.#options, SWEEP_LIMIT, () => this.#closing)
    return left === SWEEP_LIMIT
  }

  /** Repeats records that failed, and those that another node removed because it took this one for dead. */
  async #settleReaders(): Promise<void> {
    const { database, node } = this.#options
    const unrecorded = [...this.#read].filter(([, readers]) => !isRecorded(readers))
    for (const [sessionId, readers] of unrecorded) {
      await this.#record(sessionId, readers)
    }
    const recorded = [...this.#read].filter(([, readers]) => readers.recorded)
    if (database.kind === 'embedded' || recorded.length === 0) {
      return
    }
    if ((await countRead(database.db, node.id)) < recorded.length) {
      for (const [sessionId, readers] of recorded) {
        readers.recorded = false
        await this.#record(sessionId, readers)
      }
    }
  }

  async #forgetAbandoned(everyNode: boolean): Promise<void> {
    const { db, kind } = this.#options.database
    // An embedded database has no other processes.
    if (kind === 'embedded' && !everyNode) {
      return
    }
    for (;;) {
      const abandoned = await findAbandoned(db, everyNode, SWEEP_LIMIT)
      for (const sessionId of abandoned) {
        await db
          .transaction()
          .execute((transaction) => forgetAbandoned(transaction, sessionId, everyNode))
      }
      if (abandoned.length < SWEEP_LIMIT || this.#closing) {
        return
      }
    }
  }
}

function isRecorded({ recorded, isUnsure, count }: Readers): boolean {
  return !isUnsure && recorded === count > 0
}
