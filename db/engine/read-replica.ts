import type { Db } from './database.ts'

/** How long a replica that failed is left alone. Milliseconds. */
const REST_MS = 30_000

export type ReplicaOptions = {
  /** The database itself. */
  primary: Db
  /** Null where there is none: then the primary answers everything. */
  replica: Db | null
  /** Told once when the replica begins to fail. */
  onAway: (error: unknown) => void
  /** Told once when it answers again. */
  onBack: () => void
  now?: () => number
}

/**
 * Reads that may lag behind and cost much: from the replica where there is one that works, else from the primary, so that
 * a replica which is away, behind or cancels a statement costs nobody an answer.
 */
export class ReadReplica {
  readonly #options: ReplicaOptions
  readonly #now: () => number
  #restsUntil = 0
  #isAway = false

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** @param ask reads only, and may be called twice */
  async read<Result>(ask: (db: Db) => Promise<Result>): Promise<Result> {
    const { primary, replica, onAway, onBack } = this.#options
    if (replica === null || this.#now() < this.#restsUntil) return ask(primary)
    let answer: Result
    try {
      answer = await ask(replica)
    } catch (error) {
      // What the primary cannot answer either is the question's fault.
      const own = await ask(primary)
      this.#restsUntil = this.#now() + REST_MS
      if (!this.#isAway) onAway(error)
      this.#isAway = true
      return own
    }
    if (this.#isAway) onBack()
    this.#isAway = false
    return answer
  }
}
