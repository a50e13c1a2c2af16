/** A value that changes and says so: the shape that React's `useSyncExternalStore` reads. */
export type Store<Value> = {
  /** Calls the listener after each change. Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void
  /** The value now; the same object until the next change. */
  getSnapshot(): Value
}

/** A set of listeners of which one that throws does not keep the others from hearing. */
export class Listeners {
  readonly #listeners = new Set<{ listener: () => void }>()

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener, also one that is there already: each addition is taken back by its own function. */
  add(listener: () => void): () => void {
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
        // It is the listener's bug, so it goes where the host reports uncaught errors, not into our control flow.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
