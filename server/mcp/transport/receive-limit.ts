/** The most bytes of one message from a server. */
export const MAX_MESSAGE = 8 * 1024 * 1024

/** The rate limit of messages: the burst, and the rate after it. */
const BURST = 1_000
const PER_SECOND = 500
/** Each such amount of bytes counts as one more message. */
const UNIT = 16 * 1024

/**
 * A rate limiter (token bucket) for what a server sends. The reader waits before it reads on, so that a flooding server
 * is slowed by the backpressure of its own pipe.
 */
export class MessageRateLimiter {
  readonly #now: () => number
  #credit = BURST
  #at: number

  /** @param now milliseconds, of any clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#at = now()
  }

  /**
   * Counts received messages.
   * @returns milliseconds to wait before reading more
   */
  take(messages: number, bytes: number): number {
    const now = this.#now()
    this.#credit = Math.min(BURST, this.#credit + ((now - this.#at) / 1000) * PER_SECOND)
    this.#at = now
    this.#credit -= messages + bytes / UNIT
    return this.#credit >= 0 ? 0 : Math.ceil((-this.#credit / PER_SECOND) * 1000)
  }
}

/** A server sent a message beyond the size limit. */
export class MessageTooLongError extends Error {
  constructor() {
    super(`it sent a message of more than ${MAX_MESSAGE / 1024 / 1024} MiB`)
    this.name = 'MessageTooLongError'
  }
}
