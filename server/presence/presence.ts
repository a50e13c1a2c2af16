import {
  findAbandoned,
  forgetAbandoned,
  lockPresence,
  reopenSession,
} from '../../db/queries/presence.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { repeating } from '../concurrency/repeating.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { OnError } from '../log-ids.ts'
import type { LocalNode } from '../nodes/node.ts'
import { closeLeft } from './closing.ts'
import type { ClosingOptions } from './closing.ts'
import { LocalReaders } from './local-readers.ts'

export type PresenceOptions = ClosingOptions & {
  node: LocalNode
  onError: OnError
}

/** The interval of sweeps, which find what no timer of this node knows about. */
const SWEEP_INTERVAL_MS = 1_000
/** The most sessions that are settled or closed in one sweep. */
const SWEEP_LIMIT = 20
/** Added to timers, so that they do not fire just before the grace period ends by the database's clock. */
const TIMER_MARGIN_MS = 20

/**
 * Records in the database which sessions are read on this node, removes the readers of dead nodes, and closes sessions
 * without readers after the grace period. Any node may close any session; the session's lock lets one of them.
 */
export class LocalPresence {
  readonly #options: PresenceOptions
  readonly #readers: LocalReaders
  readonly #timers = new Set<NodeJS.Timeout>()
  /** Looks for sessions without readers. */
  readonly sweep: () => Promise<void>
  #closing = false

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#readers = new LocalReaders({
      ...options,
      reopen: (transaction, summaryJob) => this.#reopen(transaction, summaryJob, options.node.id),
      onLeft: () => this.#sweepAfterGrace(),
    })
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
   * @throws NOT_FOUND for somebody else's session
   */
  enter(sessionId: SessionId, userId: UserId): Promise<Disposable> {
    return this.#readers.enter(sessionId, userId)
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
    this.#readers.beginClosing()
    for (const timer of this.#timers) {
      clearTimeout(timer)
    }
  }

  /** Unregisters this node from every session. */
  async close(): Promise<void> {
    this.beginClosing()
    await this.sweep()
    await this.#readers.leaveAll()
  }

  /** @param nodeId the node on which somebody reads it; null when nobody does */
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

  #sweepAfterGrace(): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.sweep()
    }, this.#options.graceMs + TIMER_MARGIN_MS)
    this.#timers.add(timer)
  }

  /** Returns true when there may be more sessions to close. */
  async #sweepRound(): Promise<boolean> {
    // A node that may itself count as dead must not judge others.
    if (!this.#options.node.leaseHolds) {
      return false
    }
    await this.#readers.settle()
    await this.#forgetAbandoned(false)
    const left = await closeLeft(this.#options, SWEEP_LIMIT, () => this.#closing)
    return left === SWEEP_LIMIT
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
