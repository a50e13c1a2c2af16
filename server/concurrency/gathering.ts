type Waiting<Item, Result> = {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Does work for many callers in batches: what is asked for while a batch is worked on makes up the next one. A single
 * caller waits for nobody.
 */
export class Gathering<Item, Result> {
  readonly #work: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #most: number
  readonly #failsAlone: (error: unknown) => boolean
  #waiting: Waiting<Item, Result>[] = []
  #working = false

  /**
   * @param work returns a result for each item, in their order
   * @param most the most items of a batch
   * @param failsAlone true for an error after which each item of a batch is worked on by itself, because one of them
   *   caused it and nothing was done
   */
  constructor(
    work: (items: readonly Item[]) => Promise<readonly Result[]>,
    { most, failsAlone }: { most: number; failsAlone: (error: unknown) => boolean },
  ) {
    this.#work = work
    this.#most = most
    this.#failsAlone = failsAlone
  }

  do(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      void this.#go()
    })
  }

  async #go(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (this.#waiting.length > 0) {
      await this.#doBatch(this.#waiting.splice(0, this.#most))
    }
    this.#working = false
  }

  async #doBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#work(batch.map(({ item }) => item))
      for (const [index, result] of results.entries()) batch[index]?.resolve(result)
    } catch (error) {
      if (batch.length > 1 && this.#failsAlone(error)) {
        for (const one of batch) await this.#doBatch([one])
      } else {
        for (const { reject } of batch) reject(error)
      }
    }
  }
}
