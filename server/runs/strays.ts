import { findOwn, releaseRuns } from '../../db/queries/runs/run-owners.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import type { RunDeps } from './deps.ts'

/** A run of this node that it has not driven for so long is given up. Milliseconds. */
const STRAY_AFTER = 5_000

/**
 * Runs of this node that it does not drive: of a commit that was thought to have failed, and had not, nothing followed.
 * No other node takes them, since this one lives.
 */
export class Strays {
  readonly #deps: Pick<RunDeps, 'database' | 'node'>
  /** When each was first found. */
  #since: ReadonlyMap<RunId, number> = new Map()

  constructor(deps: Pick<RunDeps, 'database' | 'node'>) {
    this.#deps = deps
  }

  /** Gives up those that have been so for a while, so that they are taken up again. */
  async release(isDriven: (id: RunId) => boolean): Promise<void> {
    const { database, node } = this.#deps
    const now = performance.now()
    const own = await findOwn(database.db, node.id)
    // Between a commit and what follows from it a run is driven by nobody for a moment.
    this.#since = new Map(
      own.filter((id) => !isDriven(id)).map((id) => [id, this.#since.get(id) ?? now]),
    )
    for (const [id, since] of this.#since) {
      if (now - since >= STRAY_AFTER) await releaseRuns(database.db, node.id, id)
    }
  }
}
