import { findStopped } from '../../../db/queries/runs/run-owners.ts'
import { findDeleted } from '../../../db/queries/sessions/deleted.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import type { RunDeps } from '../deps.ts'

type Driven = {
  /** The runs that this node drives. */
  runs: () => RunId[]
  stop: (runId: RunId) => void
  /** Gives up a run whose session is deleted. */
  lose: (runId: RunId) => void
}

/** Finds the runs of this node that were stopped or deleted on another node, in case the notification was lost. */
export class MissedStops {
  readonly #deps: Pick<RunDeps, 'database' | 'node' | 'onError'>
  readonly #driven: Driven
  #looking: Promise<void> | null = null

  constructor(deps: Pick<RunDeps, 'database' | 'node' | 'onError'>, driven: Driven) {
    this.#deps = deps
    this.#driven = driven
  }

  /** The query that is going on; null when there is none. */
  get looking(): Promise<void> | null {
    return this.#looking
  }

  look(): void {
    const { database, node, onError } = this.#deps
    const { runs, stop, lose } = this.#driven
    if (runs().length === 0 || !node.hasOthers) return
    this.#looking ??= findStopped(database.db, node.id)
      .then((stopped) => stopped.forEach(stop))
      .then(() => findDeleted(database.db, 'runs', runs()))
      .then((deleted) => deleted.forEach(lose))
      .catch((error: unknown) => onError(error, 'stops of other nodes could not be looked for'))
      .finally(() => {
        this.#looking = null
      })
  }
}
