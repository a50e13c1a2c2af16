import type { Database } from '../../db/database.ts'
import { removeNode, removeOtherNodes, renewNode } from '../../db/nodes.ts'
import { notify } from '../../db/notifications.ts'
import type { DatabaseClock } from './database-clock.ts'
import { decode, encode, encodeEvents } from './message.ts'
import type { NodeMessage, Nodes, ToldEvent } from './port.ts'

export type NodeOptions = {
  id: string
  database: Database
  leaseSeconds: number
  /** Set by each heartbeat. */
  clock?: DatabaseClock
  /** What another node told. */
  onMessage(message: NodeMessage): void
  /** Asks for everything that other nodes may have written: their word may have been lost. */
  onLookAround(): Promise<void>
  onError(error: unknown, what: string): void
}

/** How often a node looks around itself while notifications arrive, and while they do not. Milliseconds. */
const LOOK_AROUND = { told: 1_000, untold: 100 }

/** How soon a heartbeat that failed is tried again. Milliseconds. */
const RETRY_BEAT = 500
/**
 * For so long a node whose own lease had run out takes nothing from others: what kept it from its heartbeat, such as a
 * database that was away, kept perhaps all of them, and they are about to be back. Milliseconds.
 */
const COME_BACK = 3 * RETRY_BEAT
/**
 * A node whose others are all gone goes on looking until it has seen what they wrote, at least this long after: their
 * last word may have been lost, and nobody is left to say it again. Milliseconds.
 */
const LAST_LOOK = 1_000
/** How often what others than nodes say is told of. Milliseconds. */
const FOREIGN_PACE = 60_000

/**
 * This process among those on the same database: it keeps a lease by the database's clock, knows whether there are
 * others, hears from them and tells them. A node that is alone asks and tells nothing.
 */
export class LocalNode implements Nodes {
  readonly id: string
  readonly #options: NodeOptions
  #listening: AsyncDisposable | null = null
  #others = 0
  /** When the last other one was found gone, while what it wrote may be unknown here. */
  #lastLookFrom: number | null = null
  #foreign = 0
  #foreignToldAt = Number.NEGATIVE_INFINITY
  #told = false
  #heartbeat: NodeJS.Timeout | null = null
  #lookingAround: NodeJS.Timeout | null = null
  #renewing: Promise<void> = Promise.resolve()
  #renewalWaits = false
  #leaseEnds = Number.NEGATIVE_INFINITY
  #othersMayBeBack = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(options: NodeOptions) {
    this.id = options.id
    this.#options = options
  }

  /** Joins the others. An embedded database is this process's alone, and whoever else is on the list is dead. */
  async join(): Promise<void> {
    const { database } = this.#options
    if (database.kind === 'embedded') {
      await removeOtherNodes(database.db, this.id)
    }
    await database.notifications?.open()
    await this.#renew()
    this.tell({ type: 'joined' })
    this.#beat()
    this.#listening =
      database.notifications?.listen({
        onTold: (text) => this.#hear(text),
        onForeign: () => this.#countForeign(),
        onState: (arrive) => {
          this.#told = arrive
          this.#lookAroundSoon(0)
          if (arrive) {
            // One that joined since this node's own first look was not heard.
            this.#renewSoon()
          }
        },
      }) ?? null
  }

  get hasOthers(): boolean {
    return this.#others > 0 || this.#lastLookFrom !== null
  }

  get leaseHolds(): boolean {
    const now = performance.now()
    return now < this.#leaseEnds && now >= this.#othersMayBeBack
  }

  payload(events: readonly ToldEvent[]): string | null {
    return this.hasOthers ? this.#seal(encodeEvents(this.id, events)) : null
  }

  tell(message: NodeMessage): void {
    if (this.hasOthers) {
      this.#notify(message).catch((error: unknown) =>
        this.#options.onError(error, 'the other nodes could not be told'),
      )
    }
  }

  /** Leaves the list: what this node held may be taken at once. */
  async leave(): Promise<void> {
    this.#closed = true
    for (const timer of [this.#heartbeat, this.#lookingAround]) {
      clearTimeout(timer ?? undefined)
    }
    // One that is under way would put it on the list again.
    await this.#renewing.catch(() => undefined)
    await removeNode(this.#options.database.db, this.id)
    if (this.hasOthers) {
      await this.#notify({ type: 'released' })
    }
    await this.#listening?.[Symbol.asyncDispose]()
  }

  async #notify(message: NodeMessage): Promise<void> {
    const payload = this.#seal(encode(this.id, message))
    if (payload !== null) {
      await notify(this.#options.database.db, payload)
    }
  }

  #seal(text: string): string | null {
    return this.#options.database.notifications?.seal(text) ?? null
  }

  /** Any role that may connect can send them, as many as it likes. */
  #countForeign(): void {
    this.#foreign += 1
    if (performance.now() - this.#foreignToldAt >= FOREIGN_PACE) {
      const error = new Error(
        `${this.#foreign} notifications did not come from a node of this version`,
      )
      this.#options.onError(error, 'notifications were ignored')
      this.#foreignToldAt = performance.now()
      this.#foreign = 0
    }
  }

  #hear(text: string): void {
    const heard = decode(text)
    if (!heard || heard.from === this.id || this.#closed) {
      return
    }
    if (heard.message.type === 'joined') {
      this.#renewSoon()
    }
    this.#options.onMessage(heard.message)
  }

  /** However often it is asked for, one waits at the most. */
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
    this.#options.clock?.told(now, asked)
    if (performance.now() >= this.#leaseEnds && Number.isFinite(this.#leaseEnds)) {
      this.#othersMayBeBack = performance.now() + COME_BACK
    }
    this.#leaseEnds = asked + leaseSeconds * 1000
    const grew = others > 0 && this.#others === 0
    if (others > 0) {
      this.#lastLookFrom = null
    } else if (this.#others > 0) {
      this.#lastLookFrom = performance.now() + LAST_LOOK
    }
    this.#others = others
    if (grew) {
      this.#lookAroundSoon(0)
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
        next(Math.min(pace, RETRY_BEAT))
      }
    }
    next(pace)
  }

  #lookAroundSoon(delay: number): void {
    clearTimeout(this.#lookingAround ?? undefined)
    if (this.#closed || !this.hasOthers) {
      return
    }
    this.#lookingAround = setTimeout(() => {
      this.#lookAround()
        .catch((error: unknown) =>
          this.#options.onError(error, 'what other nodes wrote could not be read'),
        )
        .finally(() => this.#lookAroundSoon(this.#told ? LOOK_AROUND.told : LOOK_AROUND.untold))
    }, delay)
  }

  async #lookAround(): Promise<void> {
    const began = performance.now()
    await this.#options.onLookAround()
    if (this.#lastLookFrom !== null && began >= this.#lastLookFrom) {
      this.#lastLookFrom = null
    }
  }
}
