/** Does one thing for each name at a time; what is asked for meanwhile is done once more afterwards. */
export class Turns {
  readonly #work: (name: string) => Promise<void>
  readonly #running = new Set<string>()
  readonly #wanted = new Set<string>()

  /** @param work must not reject */
  constructor(work: (name: string) => Promise<void>) {
    this.#work = work
  }

  ask(name: string): void {
    this.#wanted.add(name)
    if (this.#running.has(name)) return
    this.#running.add(name)
    void this.#run(name)
  }

  async #run(name: string): Promise<void> {
    while (this.#wanted.delete(name)) await this.#work(name)
    // At once, and not when the promise has settled: what is asked for in between would find nobody to do it.
    this.#running.delete(name)
  }
}
