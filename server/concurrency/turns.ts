/**
 * Limits how many callers work at the same time; the others wait, and the keys take turns, so that one with many
 * callers does not delay the others.
 */
export class Turns {
  #free: number
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  /** The number of waiting callers with this key. */
  waiting(key: string): number {
    return this.#waiting.get(key)?.length ?? 0
  }

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(key)
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #wait(key: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const own = this.#waiting.get(key)
    if (own) own.push(resolve)
    else this.#waiting.set(key, [resolve])
    return promise
  }

  #next(): void {
    const [first] = this.#waiting
    if (!first) {
      this.#free += 1
      return
    }
    const [key, own] = first
    const next = own.shift()
    // The key moves behind the others, whose turn it is now.
    this.#waiting.delete(key)
    if (own.length > 0) this.#waiting.set(key, own)
    next?.()
  }
}
