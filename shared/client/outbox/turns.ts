/** Runs one job for each name at a time. A request during a job lets it run once more afterwards. */
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
    // The name is removed synchronously: a request between here and the promise's settlement would otherwise be lost.
    this.#running.delete(name)
  }
}
