/** Lets one consumer sleep until there is work for it, or its signal aborts. */
export class Wakeup implements Disposable {
  readonly #signal: AbortSignal
  #next = Promise.withResolvers<void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.wake, { once: true })
  }

  /** A wake-up is kept for a consumer that does not sleep yet. */
  readonly wake = (): void => this.#next.resolve()

  /** Resolves at the first `wake` after the last sleep. */
  async sleep(): Promise<void> {
    if (!this.#signal.aborted) {
      await this.#next.promise
      this.#next = Promise.withResolvers<void>()
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.wake)
  }
}

/** Resolves when the signal aborts, at once if it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
    }
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
