import type { ModelDelta } from '../port.ts'

/** Where the deltas of a step go, and what is known about their consumer. */
export type DeltaOutlet = {
  push(delta: ModelDelta): void
  /** True when too many deltas are buffered, so that the provider is not read for a while. */
  readonly full: boolean
  /** True while the consumer waits for a delta. */
  readonly wanted: boolean
  /** Called each time the consumer begins to wait. */
  onWanted: (() => void) | null
}

/** The most deltas that are buffered; after that the provider is not read. */
const ROOM = 256

/**
 * The deltas that `produce` pushes, as an iterator: nothing starts before the first delta is requested, and leaving the
 * iteration ends the work. Nested generators would cost several promises for each token.
 */
export function deltasFrom(
  produce: (outlet: DeltaOutlet, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): AsyncIterableIterator<ModelDelta, void> {
  return new DeltaQueue(produce, signal)
}

type Result = IteratorResult<ModelDelta, void>

class DeltaQueue implements AsyncIterableIterator<ModelDelta, void>, DeltaOutlet {
  readonly #produce: (outlet: DeltaOutlet, signal: AbortSignal) => Promise<void>
  readonly #signal: AbortSignal
  readonly #leaving = new AbortController()
  readonly #waiting: PromiseWithResolvers<Result>[] = []
  #ready: ModelDelta[] = []
  #taken = 0
  #work: Promise<void> | null = null
  #over = false
  #failure: { cause: unknown } | null = null
  onWanted: (() => void) | null = null

  constructor(
    produce: (outlet: DeltaOutlet, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#produce = produce
    this.#signal = signal
  }

  get full(): boolean {
    return this.#ready.length - this.#taken > ROOM
  }

  get wanted(): boolean {
    return this.#waiting.length > 0
  }

  push(value: ModelDelta): void {
    const waiter = this.#waiting.shift()
    if (waiter) waiter.resolve({ done: false, value })
    else if (!this.#leaving.signal.aborted) this.#ready.push(value)
  }

  next(): Promise<Result> {
    this.#work ??= this.#begin()
    // After an abort nothing follows, not even what is buffered.
    const value = this.#signal.aborted ? undefined : this.#ready[this.#taken]
    if (value !== undefined) {
      this.#taken += 1
      if (this.#taken === this.#ready.length) {
        this.#ready = []
        this.#taken = 0
      }
      return Promise.resolve({ done: false, value })
    }
    if (this.#over) return this.#ending()
    const waiter = Promise.withResolvers<Result>()
    this.#waiting.push(waiter)
    this.onWanted?.()
    return waiter.promise
  }

  async return(): Promise<Result> {
    this.#leaving.abort()
    this.#ready = []
    this.#taken = 0
    this.#work ??= Promise.resolve()
    this.#over = true
    await this.#work
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #begin(): Promise<void> {
    const stop = (): void => this.#leaving.abort()
    this.#signal.addEventListener('abort', stop, { once: true })
    if (this.#signal.aborted) stop()
    try {
      await this.#produce(this, this.#leaving.signal)
    } catch (cause) {
      this.#failure = { cause }
    } finally {
      this.#signal.removeEventListener('abort', stop)
      this.#over = true
      for (const waiter of this.#waiting.splice(0)) waiter.resolve(this.#ending())
    }
  }

  /** Throws a failure once; after that the iteration is done. */
  #ending(): Promise<Result> {
    const failure = this.#failure
    this.#failure = null
    return failure ? Promise.reject(failure.cause) : Promise.resolve(DONE)
  }
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined }
