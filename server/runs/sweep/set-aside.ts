/** The time for which a row that failed is left out. Milliseconds. */
const ASIDE_MS = 60_000
const MOST = 1_000

/**
 * The ids of rows that a sweep failed on. They are left out for a while: a round takes a limited number of rows, and
 * the failing ones would be first in every round.
 */
export class SetAside<Id extends string> {
  readonly #until = new Map<Id, number>()

  ids(): readonly Id[] {
    const now = performance.now()
    for (const [id, until] of this.#until) {
      if (until <= now) this.#until.delete(id)
    }
    return [...this.#until.keys()]
  }

  add(id: Id): void {
    if (this.#until.size >= MOST) this.#until.clear()
    this.#until.set(id, performance.now() + ASIDE_MS)
  }
}
