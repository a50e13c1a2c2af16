/** Aborts its signal when so much time is over, not counting that in which it is paused. */
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

  /** Does something whose time is not counted. */
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
    // Whatever is paused still does not start it again.
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
