/** Differences up to this come from the way to the database and back, and are not followed backwards. Milliseconds. */
const JITTER = 1_000

/**
 * The time that everything stored goes by: the database's, as it was told, and this machine's count of how long that is
 * ago. So nodes whose clocks are hours apart agree, and nobody has to ask for each moment. An answer that was long on
 * its way, or waited in this process, moves nothing: what is counted on need only be possible.
 */
export class DatabaseClock {
  readonly #count: () => number
  /** What is to be added to this machine's count; null until the database told. */
  #offset: number | null = null
  #latest = Number.NEGATIVE_INFINITY

  /** @param count milliseconds, of a count that only goes forward */
  constructor(count: () => number = () => performance.now()) {
    this.#count = count
  }

  /**
   * @param at what the database's clock said, in milliseconds since the epoch
   * @param asked this machine's count before it was asked
   */
  told(at: number, asked: number): void {
    const [least, most] = [at - this.#count(), at - asked]
    this.#offset = Math.min(Math.max(this.#offset ?? least, least), most)
  }

  /** Milliseconds since the epoch; does not go back but when it was wrong by more than a second. */
  now(): number {
    const time = Math.floor(this.#offset === null ? Date.now() : this.#count() + this.#offset)
    this.#latest = this.#latest - time < JITTER ? Math.max(this.#latest, time) : time
    return this.#latest
  }
}
