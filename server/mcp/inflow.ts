/** The longest message that is taken from a server. Bytes. */
export const MAX_MESSAGE = 8 * 1024 * 1024

/** A burst of so many messages is taken at once; then so many in a second. */
const BURST = 1_000
const PER_SECOND = 500
/** So much of a message costs as much as one more message. Bytes. */
const UNIT = 16 * 1024

/**
 * Bounds the work that a server can make by what it sends: whoever reads from it waits as this says before reading on,
 * so that one that floods is held back by its own pipe and nobody else notices.
 */
export class Inflow {
  readonly #now: () => number
  #credit = BURST
  #at: number

  /** @param now milliseconds, of any clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#at = now()
  }

  /**
   * Counts what came.
   *
   * @returns how long to wait before more is read; milliseconds
   */
  take(messages: number, bytes: number): number {
    const now = this.#now()
    this.#credit = Math.min(BURST, this.#credit + ((now - this.#at) / 1000) * PER_SECOND)
    this.#at = now
    this.#credit -= messages + bytes / UNIT
    return this.#credit >= 0 ? 0 : Math.ceil((-this.#credit / PER_SECOND) * 1000)
  }
}

/** A server sent more than is taken from anyone. */
export class TooMuchError extends Error {
  constructor() {
    super(`it sent a message of more than ${MAX_MESSAGE / 1024 / 1024} MiB`)
    this.name = 'TooMuchError'
  }
}
