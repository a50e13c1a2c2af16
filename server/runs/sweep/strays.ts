import { findOwn, releaseRun } from '../../../db/queries/runs/run-owners.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import type { RunDeps } from '../deps.ts'

/** The time after which a run of this node that it does not drive is given up. Milliseconds. */
const STRAY_AFTER = 5_000

/**
 * Finds the runs that this node owns and does not drive. They come from a commit that succeeded although it was
 * reported as failed, so that its effects were never carried out. No other node takes them over, because this one is
 * alive.
 */
export class Strays {
  readonly #deps: Pick<RunDeps, 'database' | 'node'>
  /** The time at which each of them was first found. */
  #since: ReadonlyMap<RunId, number> = new Map()

  constructor(deps: Pick<RunDeps, 'database' | 'node'>) {
    this.#deps = deps
  }

  /** Gives up those that were found for long enough, so that a node takes them over. */
  async release(isDriven: (id: RunId) => boolean): Promise<void> {
    const { database, node } = this.#deps
    const now = performance.now()
    const own = await findOwn(database.db, node.id)
    // Between the commit that starts a run and its effect, nobody drives the run for a moment.
    const strays = own.filter(({ id }) => !isDriven(id))
    this.#since = new Map(strays.map(({ id }) => [id, this.#since.get(id) ?? now]))
    for (const run of strays) {
      const since = this.#since.get(run.id) ?? now
      if (now - since >= STRAY_AFTER) await releaseRun(database.db, run, node.id)
    }
  }
}
