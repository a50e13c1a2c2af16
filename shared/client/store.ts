/** An observable value with the interface that React's `useSyncExternalStore` reads. */
export type Store<Value> = {
  /** Calls the listener after each change. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void
  /** The current value; the same object until the next change. */
  getSnapshot(): Value
}

/** A set of listeners; one that throws does not prevent the others from being called. */
export class Listeners {
  readonly #listeners = new Set<{ listener: () => void }>()

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener. The same listener may be added several times; each returned function removes one addition. */
  readonly add = (listener: () => void): (() => void) => {
    const entry = { listener }
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  notify(): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        // The error is a bug of the listener: it is reported as an uncaught error instead of interrupting our control
        // flow.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
