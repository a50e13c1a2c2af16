import type { Db } from '../database.ts'

/** A replica is not used for this long after a failure. Milliseconds. */
const REST_MS = 30_000

export type ReplicaOptions = {
  /** The database to which the server writes. */
  primary: Db
  /** Null when there is no replica: then the primary answers everything. */
  replica: Db | null
  /** Called once when the replica begins to fail. */
  onAway: (error: unknown) => void
  /** Called once when it works again. */
  onBack: () => void
  now?: () => number
}

/**
 * Reads that may lag behind and are expensive: from the replica if there is one and it works, else from the primary. A
 * replica that is away, too far behind, or cancels a statement never makes a request fail.
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

  /** @param ask only reads, because it may be called twice */
  async read<Result>(ask: (db: Db) => Promise<Result>): Promise<Result> {
    const { primary, replica, onAway, onBack } = this.#options
    if (replica === null || this.#now() < this.#restsUntil) return ask(primary)
    let answer: Result
    try {
      answer = await ask(replica)
    } catch (error) {
      // If the primary fails too, the query is the cause, and not the replica.
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
