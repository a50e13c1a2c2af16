/**
 * The next commit waits a millisecond for each answer in the last one, up to this: two frames of a display. Where many
 * answers share the machine, fewer commits make each word cheaper, and nobody sees the difference.
 */
const SHARED_PACE = 33
/** The longest time between two commits under load. Milliseconds. */
const SLOWEST_PACE = 250
/** The time between two commits under load, as a multiple of the last commit's duration. */
const LOAD_FACTOR = 1.25

/** The time from the start of one group commit to the start of the next while nothing is urgent. */
export class Pace {
  readonly #leastMs: number
  #earliest = 0

  constructor(leastMs: number) {
    this.#leastMs = leastMs
  }

  /** The milliseconds until the next commit may start; not positive when it may start now. */
  get waitMs(): number {
    return this.#earliest - performance.now()
  }

  /**
   * Records a commit that has just ended.
   *
   * @param started when it started, by `performance.now()`
   * @param answers the number of answers in it
   */
  committed(started: number, answers: number): void {
    const took = performance.now() - started
    const pace = Math.max(this.#leastMs, Math.min(answers, SHARED_PACE), LOAD_FACTOR * took)
    this.#earliest = started + Math.min(pace, SLOWEST_PACE)
  }
}
