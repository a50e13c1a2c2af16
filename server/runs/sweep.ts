import { findOrphans, findStopped } from '../../db/queries/runs/run-owners.ts'
import { findUncompacted } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { forgetResponses } from '../../db/queries/doors/responses.ts'
import type { CallId, RunId } from '../../shared/contract/ids.ts'
import { idsOfRun } from '../log-ids.ts'
import { endLateCalls } from './sweep/client-deadlines.ts'
import type { RunDeps } from './deps.ts'
import { recoverRetries } from './retries.ts'
import { SetAside } from './sweep/set-aside.ts'
import { stopSuspended } from './sweep/suspended.ts'
import { Strays } from './sweep/strays.ts'
import { takeOver } from './takeover.ts'

/** The runs of this node, and what is done with those that the sweep finds. */
type Drives = {
  driven: ReadonlyMap<RunId, unknown>
  /** The runs that this node failed to drive, and failed to give up. */
  dropped: ReadonlySet<RunId>
  drive(run: Run): void
  stop(runId: RunId): void
  startWaiting(): Promise<void>
  /** Removes what lost runs left of deleted sessions, where that failed before. */
  clearAgain(): Promise<void>
  /** Shortens the log of an ended run. */
  compact(run: Run): Promise<void>
}

/** A node that froze in a transaction keeps one of its runs locked for seconds: the others do not wait for that one. */
const TAKEOVERS_AT_ONCE = 4

/** Runs taken over, or tidied, and calls given up, in one round of the sweep. */
export const ROUND = 20

/** Looks for runs that no living node takes care of, and for what ended runs have left. */
export class RunSweep {
  readonly #deps: RunDeps
  readonly #drives: Drives
  readonly #strays: Strays
  readonly #failed = {
    retries: new SetAside<CallId>(),
    late: new SetAside<CallId>(),
    logs: new SetAside<RunId>(),
  }

  constructor(deps: RunDeps, drives: Drives) {
    this.#deps = deps
    this.#drives = drives
    this.#strays = new Strays(deps)
  }

  /** Returns true when there may be more to take over. */
  async round(): Promise<boolean> {
    const { node, onError } = this.#deps
    // A node that may be taken for dead itself takes nothing from others.
    if (!node.leaseHolds) {
      return false
    }
    const hasMore = await this.#takeOver()
    // The parts run one after the other, because they share the connections of answers, and a failure of one does not
    // stop the next.
    for (const part of this.#tidying) {
      await part().catch((error: unknown) => onError(error, 'a part of a sweep failed'))
    }
    return hasMore
  }

  async #takeOver(): Promise<boolean> {
    const { database, node, onError } = this.#deps
    const dropped = [...this.#drives.dropped]
    const orphans = await findOrphans(database.db, node.id, dropped, ROUND)
    const waiting = [...orphans]
    let hasMore = false
    const takeNext = async (): Promise<void> => {
      for (let orphan = waiting.shift(); orphan; orphan = waiting.shift()) {
        const ids = idsOfRun(orphan)
        const run = await takeOver(orphan, dropped, this.#deps).catch((error: unknown) => {
          onError(error, 'a run could not be taken over; it is tried again', ids)
          return null
        })
        if (run) {
          this.#drives.drive(run)
          // A full round is not the last: a node that dies may leave hundreds.
          hasMore ||= orphans.length === ROUND
        }
      }
    }
    await Promise.all(Array.from({ length: TAKEOVERS_AT_ONCE }, takeNext))
    return hasMore
  }

  /** The further work of a round, after the takeovers. */
  readonly #tidying: readonly (() => Promise<void>)[] = [
    () => this.#stopSuspended(),
    () => this.#drives.startWaiting(),
    () => this.#drives.clearAgain(),
    () => recoverRetries(this.#deps, ROUND, this.#failed.retries),
    async () => {
      const woken = await endLateCalls(this.#deps, ROUND, this.#failed.late)
      woken.forEach((run) => this.#drives.drive(run))
    },
    () => {
      const { driven, dropped } = this.#drives
      return this.#strays.release((id) => driven.has(id) || dropped.has(id))
    },
    () => forgetResponses(this.#deps.database.db),
    async () => {
      const { database, onError } = this.#deps
      const { logs } = this.#failed
      for (const run of await findUncompacted(database.db, ROUND, logs.ids())) {
        await this.#drives.compact(run).catch((error: unknown) => {
          logs.add(run.id)
          onError(error, 'a log could not be compacted', idsOfRun(run))
        })
      }
    },
  ]

  /** Stops the runs of suspended people; without accounts there are none. */
  async #stopSuspended(): Promise<void> {
    const { slots, database, node } = this.#deps
    if (!slots) return
    for (const run of await stopSuspended(this.#deps, ROUND)) this.#drives.drive(run)
    if (this.#drives.driven.size > 0) {
      for (const runId of await findStopped(database.db, node.id)) this.#drives.stop(runId)
    }
  }
}
