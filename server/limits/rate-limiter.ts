import type { Db } from '../../db/engine/database.ts'
import { takeFromWindow } from '../../db/queries/limits/rate-windows.ts'

export type RateLimiterOptions = {
  db: Db
  /** The common time of all nodes, in milliseconds since the epoch. */
  now(): number
}

/** The limit of uses in one window of time; null is no limit. */
export type Rate = { key: string; limit: number | null; seconds: number }

/** The uses that this node took from a window and has not spent. */
type Held = {
  limit: number
  left: number
  /** The time until which they can be spent. */
  endsAt: number
  /** The time until which nothing is left, so that the database need not be asked. */
  usedUpUntil: number
  waiting: number
  taking: Promise<void> | null
}

/** A node takes this share of a limit at once: one statement serves many calls, and little is lost when a node dies. */
const SHARE = 1 / 16
/** The most keys that are remembered, because an attacker may have any number of addresses. */
const MOST_HELD = 20_000

/**
 * Counts uses in windows of time that begin with the first use after the last window. The counts are in the database,
 * where all nodes take from one window by one statement, and never more than its limit together. Of a large limit each
 * node takes a small share at a time and uses that up by itself, which costs a statement for every 37 of 600 calls;
 * what a node took and does not use before the window ends is lost to the others, so they may be refused that much
 * early, and never late. Of a small one each use is a statement, and the count is exact.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions
  readonly #held = new Map<string, Held>()

  constructor(options: RateLimiterOptions) {
    this.#options = options
  }

  /** Takes one use. Returns 0 when there was one, else the milliseconds until there may be more. */
  async use({ key, limit: most, seconds }: Rate): Promise<number> {
    if (most === null) {
      return 0
    }
    const limit = Math.floor(most)
    const held = this.#of(key, limit)
    for (;;) {
      const now = this.#options.now()
      if (held.left > 0 && now < held.endsAt) {
        held.left -= 1
        return 0
      }
      // A clock that was set back must not make a window longer.
      const wait = Math.min(held.usedUpUntil - now, seconds * 1_000)
      if (wait > 0) {
        return wait
      }
      held.waiting += 1
      held.taking ??= this.#take(key, held, seconds).finally(() => {
        held.taking = null
      })
      try {
        await held.taking
      } finally {
        held.waiting -= 1
      }
    }
  }

  /** Forgets what this node knows of a key, because its count was changed elsewhere. */
  forget(key: string): void {
    this.#held.delete(key)
  }

  async #take(key: string, held: Held, seconds: number): Promise<void> {
    // All requests of this moment are served together.
    await Promise.resolve()
    const { db, now } = this.#options
    const { granted, endsAt } = await takeFromWindow(db, {
      key,
      wanted: Math.max(held.waiting, Math.floor(held.limit * SHARE), 1),
      limit: held.limit,
      seconds,
      now: new Date(now()).toISOString(),
    })
    held.left = granted
    held.endsAt = Date.parse(endsAt)
    held.usedUpUntil = granted === 0 ? held.endsAt : Number.NEGATIVE_INFINITY
  }

  /** After a change of the limit nothing is known: an administrator may have raised it. */
  #of(key: string, limit: number): Held {
    const known = this.#held.get(key)
    if (known?.limit === limit) {
      return known
    }
    if (this.#held.size >= MOST_HELD) {
      this.#forgetOld()
    }
    const none = Number.NEGATIVE_INFINITY
    const fresh = { limit, left: 0, endsAt: none, usedUpUntil: none, waiting: 0, taking: null }
    this.#held.set(key, fresh)
    return fresh
  }

  #forgetOld(): void {
    const now = this.#options.now()
    for (const [key, { endsAt, waiting }] of this.#held) {
      if (endsAt <= now && waiting === 0) {
        this.#held.delete(key)
      }
    }
    for (const [key, { waiting }] of this.#held) {
      if (this.#held.size < MOST_HELD) {
        return
      }
      if (waiting === 0) {
        this.#held.delete(key)
      }
    }
  }
}
