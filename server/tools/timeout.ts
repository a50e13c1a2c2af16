/** Aborts its signal after so much time, not counting the time for which it is paused. */
export class Timeout {
  readonly #over = new AbortController()
  #leftMs: number
  #began = 0
  #timer: NodeJS.Timeout | null = null
  #pauses = 0

  constructor(ms: number) {
    this.#leftMs = ms
    this.#run()
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  /** Does work whose time is not counted. */
  async without<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses += 1
    if (this.#pauses === 1) this.#halt()
    try {
      return await work()
    } finally {
      this.#pauses -= 1
      if (this.#pauses === 0) this.#run()
    }
  }

  [Symbol.dispose](): void {
    // Raises the count of pauses for ever, so that the end of one does not start the timer again.
    this.#pauses += 1
    this.#halt()
  }

  #run(): void {
    this.#began = performance.now()
    this.#timer = setTimeout(() => this.#over.abort(), this.#leftMs)
    this.#timer.unref()
  }

  #halt(): void {
    if (this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#began))
  }
}
