import type { Database } from '../../db/engine/database.ts'
import { removeNode, removeOtherNodes, renewNode } from '../../db/queries/nodes.ts'
import { NodeChannel } from './channel.ts'
import type { DatabaseClock } from './database-clock.ts'
import { decode, encode, encodeEvents, encodeLogs } from './message.ts'
import type { NodeMessage } from './message.ts'
import type { Wake } from './wake.ts'
import type { LoggedSessionEvent } from '../log/events.ts'

export type NodeOptions = {
  id: string
  database: Database
  leaseSeconds: number
  /** Carries the messages instead of the database's notifications, as long as it is up. */
  wake?: Wake | null
  /** Set by each heartbeat. */
  clock?: DatabaseClock
  /** Called with each message of another node. */
  onMessage(message: NodeMessage): void
  /** Called to poll for everything that other nodes may have written, since notifications can be lost. */
  onPoll(): Promise<void>
  onError(error: unknown, what: string): void
}

/** The poll interval while notifications arrive, and while they do not. */
const POLL_INTERVAL_MS = { notified: 1_000, unnotified: 100 }

/** The delay before a failed heartbeat is retried. */
const HEARTBEAT_RETRY_MS = 500
/**
 * After its own lease had expired, a node takes over no runs for this long. Whatever prevented its heartbeat, such as a
 * database outage, probably affected the other nodes too, and they are about to renew theirs.
 */
const RECOVERY_GRACE_MS = 3 * HEARTBEAT_RETRY_MS
/**
 * When all other nodes are gone, a node continues to poll until it has seen everything that they wrote, and at least
 * for this long: their last notification may have been lost.
 */
const LAST_POLL_MS = 1_000

/**
 * This process as one of the nodes on the same database: it keeps a lease by the database's clock, knows whether there
 * are other nodes, and exchanges messages with them. A node that is alone neither polls nor notifies.
 */
export class LocalNode {
  /** This node's id, which owns the runs it drives. */
  readonly id: string
  readonly #options: NodeOptions
  readonly #channel: NodeChannel
  #others = 0
  /** The time when the last other node was found to be gone; kept until this node has read all that it wrote. */
  #lastPollFrom: number | null = null
  #heartbeat: NodeJS.Timeout | null = null
  #pollTimer: NodeJS.Timeout | null = null
  #renewing: Promise<void> = Promise.resolve()
  #renewalWaits = false
  #leaseEnds = Number.NEGATIVE_INFINITY
  #othersMayBeBack = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: NodeOptions) {
    this.id = options.id
    this.#options = options
    this.#channel = new NodeChannel(options)
  }

  /** Registers this node. An embedded database belongs to this process alone, so other registered nodes are dead. */
  async join(): Promise<void> {
    const { database } = this.#options
    if (database.kind === 'embedded') {
      await removeOtherNodes(database.db, this.id)
    }
    await this.#channel.open()
    await this.#renew()
    this.broadcast({ type: 'joined' })
    this.#beat()
    this.#channel.listen({
      onText: (text) => this.#receive(text),
      onState: (arrive, by) => {
        if (arrive) {
          // A node that joined since this node's first look was not noticed.
          this.#renewSoon()
        } else if (by === 'wake') {
          // Messages that were sent until this was noticed may be lost.
          this.broadcast({ type: 'logs', logs: null })
        }
        this.#pollSoon(0)
      },
    })
  }

  /** True when there may be other nodes to notify; while it is false, nothing is sent. */
  get hasOthers(): boolean {
    return this.#others > 0 || this.#lastPollFrom !== null
  }

  /** True while this node's lease certainly holds; otherwise another node may take over its runs. */
  get leaseHolds(): boolean {
    const now = performance.now()
    return now < this.#leaseEnds && now >= this.#othersMayBeBack
  }

  /**
   * The notification payload about these events, to be sent with their commit; null when there are no other nodes, or
   * when `committed` notifies them.
   */
  payload(events: readonly LoggedSessionEvent[]): string | null {
    return this.hasOthers && this.#channel.isOfDatabase
      ? this.#channel.seal(encodeEvents(this.id, events))
      : null
  }

  /** Tells the other nodes whose logs grew by a commit. It is a hint: they read the database. */
  committed(events: readonly LoggedSessionEvent[]): void {
    if (!this.hasOthers || !this.#channel.isAfterCommits) {
      return
    }
    this.#channel
      .send(encodeLogs(this.id, events))
      .catch((error: unknown) => this.#options.onError(error, 'the other nodes could not be told'))
  }

  /** Sends a message to the other nodes now. A failure is only logged, because polling finds the same later. */
  broadcast(message: NodeMessage): void {
    if (this.hasOthers) {
      this.#notify(message).catch((error: unknown) =>
        this.#options.onError(error, 'the other nodes could not be notified'),
      )
    }
  }

  /** Unregisters this node: its runs may be taken over at once. */
  async leave(): Promise<void> {
    this.#closed = true
    for (const timer of [this.#heartbeat, this.#pollTimer]) {
      clearTimeout(timer ?? undefined)
    }
    // A renewal that is under way would register the node again.
    await this.#renewing.catch(() => undefined)
    await removeNode(this.#options.database.db, this.id)
    if (this.hasOthers) {
      await this.#notify({ type: 'released' })
    }
    await this.#channel.close()
  }

  async #notify(message: NodeMessage): Promise<void> {
    await this.#channel.send(encode(this.id, message))
  }

  #receive(text: string): void {
    const received = decode(text)
    if (!received || received.from === this.id || this.#closed) {
      return
    }
    if (received.message.type === 'joined') {
      this.#renewSoon()
    }
    this.#options.onMessage(received.message)
  }

  /** At most one renewal waits, however often it is requested. */
  #renewSoon(): void {
    if (this.#renewalWaits) {
      return
    }
    this.#renewalWaits = true
    this.#renewing
      .catch(() => undefined)
      .then(() => {
        this.#renewalWaits = false
        return this.#renew()
      })
      .catch((error: unknown) => this.#options.onError(error, 'the lease could not be renewed'))
  }

  #renew(): Promise<void> {
    this.#renewing = this.#renewing.catch(() => undefined).then(() => this.#renewOnce())
    return this.#renewing
  }

  async #renewOnce(): Promise<void> {
    if (this.#closed) {
      return
    }
    const { database, leaseSeconds } = this.#options
    const asked = performance.now()
    const { others, now } = await renewNode(database.db, this.id, leaseSeconds)
    this.#options.clock?.adjust(now, asked)
    if (performance.now() >= this.#leaseEnds && Number.isFinite(this.#leaseEnds)) {
      this.#othersMayBeBack = performance.now() + RECOVERY_GRACE_MS
    }
    this.#leaseEnds = asked + leaseSeconds * 1000
    const grew = others > 0 && this.#others === 0
    if (others > 0) {
      this.#lastPollFrom = null
    } else if (this.#others > 0) {
      this.#lastPollFrom = performance.now() + LAST_POLL_MS
    }
    this.#others = others
    if (grew) {
      this.#pollSoon(0)
    }
  }

  #beat(): void {
    const pace = (this.#options.leaseSeconds * 1000) / 3
    const next = (wait: number) => {
      if (!this.#closed) {
        this.#heartbeat = setTimeout(() => void beat(), wait)
      }
    }
    const beat = async () => {
      try {
        await this.#renew()
        next(pace)
      } catch (error) {
        this.#options.onError(error, 'the lease could not be renewed')
        next(Math.min(pace, HEARTBEAT_RETRY_MS))
      }
    }
    next(pace)
  }

  #pollSoon(delay: number): void {
    clearTimeout(this.#pollTimer ?? undefined)
    if (this.#closed || !this.hasOthers) {
      return
    }
    this.#pollTimer = setTimeout(() => {
      this.#poll()
        .catch((error: unknown) =>
          this.#options.onError(error, 'what other nodes wrote could not be read'),
        )
        .finally(() =>
          this.#pollSoon(
            this.#channel.arrives ? POLL_INTERVAL_MS.notified : POLL_INTERVAL_MS.unnotified,
          ),
        )
    }, delay)
  }

  async #poll(): Promise<void> {
    const began = performance.now()
    await this.#options.onPoll()
    if (this.#lastPollFrom !== null && began >= this.#lastPollFrom) {
      this.#lastPollFrom = null
    }
  }
}
