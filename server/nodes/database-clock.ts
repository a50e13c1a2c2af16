/** Differences up to this come from network latency; the clock does not go back for them. */
const JITTER_MS = 1_000

/**
 * The database's time, which all stored times use, as this process estimates it: the last reading, plus the monotonic
 * time since. Nodes with wrong clocks therefore agree, without a query for each reading. A reading that was delayed on
 * the network or in this process changes nothing as long as the estimate is consistent with it.
 */
export class DatabaseClock {
  readonly #count: () => number
  /** The difference to this machine's monotonic clock; null before the first reading. */
  #offset: number | null = null
  #latest = Number.NEGATIVE_INFINITY

  /** @param count a monotonic clock in milliseconds */
  constructor(count: () => number = () => performance.now()) {
    this.#count = count
  }

  /**
   * @param at the database's time, in milliseconds since the epoch
   * @param asked the monotonic time before the query
   */
  adjust(at: number, asked: number): void {
    const [least, most] = [at - this.#count(), at - asked]
    this.#offset = Math.min(Math.max(this.#offset ?? least, least), most)
  }

  /** Milliseconds since the epoch. Goes back only to correct an error of more than a second. */
  now(): number {
    const time = Math.floor(this.#offset === null ? Date.now() : this.#count() + this.#offset)
    this.#latest = this.#latest - time < JITTER_MS ? Math.max(this.#latest, time) : time
    return this.#latest
  }
}
