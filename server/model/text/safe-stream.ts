import type { ModelDelta, ModelPort, ModelStep } from '../port.ts'

/**
 * Makes any port keep the port's promise: exactly one ending, and no exception. An embedder's port, or a bug, may throw
 * at any time, or end without an ending.
 *
 * @param onError gets what the port threw
 */
export function safeStream(
  model: Pick<ModelPort, 'stream'>,
  step: ModelStep,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): AsyncIterableIterator<ModelDelta, void> {
  return new SafeStream(() => model.stream(step, signal), signal, onError)
}

type Result = IteratorResult<ModelDelta, void>

/** A generator around another iterator would cost several more promises for each token. */
class SafeStream implements AsyncIterableIterator<ModelDelta, void> {
  readonly #open: () => AsyncIterable<ModelDelta>
  readonly #signal: AbortSignal
  readonly #onError: (error: unknown) => void
  #iterator: AsyncIterator<ModelDelta> | null = null
  #ended = false

  constructor(
    open: () => AsyncIterable<ModelDelta>,
    signal: AbortSignal,
    onError: (error: unknown) => void,
  ) {
    this.#open = open
    this.#signal = signal
    this.#onError = onError
  }

  async next(): Promise<Result> {
    if (this.#ended) return this.return()
    try {
      this.#iterator ??= this.#open()[Symbol.asyncIterator]()
      const next = await this.#iterator.next()
      if (!next.done) {
        this.#ended = next.value.type === 'finish' || next.value.type === 'error'
        return next
      }
      this.#ended = true
      if (!this.#signal.aborted) return failure('The model’s answer ended without an ending.')
    } catch (error) {
      this.#ended = true
      this.#iterator = null
      if (this.#signal.aborted) return DONE
      this.#onError(error)
      return failure('Something went wrong while the model was asked.')
    }
    return this.return()
  }

  /** Leaving the iteration lets the port clean up. An error of that does not concern the answer. */
  async return(): Promise<Result> {
    this.#ended = true
    const iterator = this.#iterator
    this.#iterator = null
    await iterator?.return?.().catch(this.#onError)
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined }

function failure(message: string): Result {
  const value: ModelDelta = {
    type: 'error',
    error: { code: 'internal', message, retryable: true },
  }
  return { done: false, value }
}
