import { toStoredPart, updateMessage } from '../../db/messages.ts'
import { removeNode, removeOtherNodes, renewNode } from '../../db/nodes.ts'
import { type Run, claimOrphan, findOrphans, findUncompacted, releaseRuns } from '../../db/runs.ts'
import { stepsOfRuns } from '../../db/steps.ts'
import type { RunId } from '../../shared/contract/ids.ts'
import { FencedError, type RunDeps } from './deps.ts'
import { driveRun } from './driver.ts'
import { readMessage } from './start.ts'

type Drive = { stop: AbortController; lose: AbortController; done: Promise<void> }

/** Runs taken over, or tidied, in one round of the sweep. */
const ROUND = 20

/**
 * Drives the runs of this node, keeps its lease, and takes up the runs that no living node drives. `start` begins it,
 * `close` ends it and gives the runs up, so that another node, or the next start, goes on with them at once.
 */
export class RunSupervisor {
  readonly #deps: RunDeps
  readonly #compact: (run: Run) => Promise<void>
  readonly #drives = new Map<RunId, Drive>()
  readonly #timers: NodeJS.Timeout[] = []
  #closing = false
  #sweeping: Promise<void> = Promise.resolve()

  /** @param compact shortens the log of an ended run */
  constructor(deps: RunDeps, compact: (run: Run) => Promise<void>) {
    this.#deps = deps
    this.#compact = compact
  }

  async start(): Promise<void> {
    const { database, nodeId, settings } = this.#deps
    if (database.kind === 'embedded') {
      // This process holds the database alone: whoever else is on the list is dead.
      await removeOtherNodes(database.db, nodeId)
    }
    await this.#renew()
    await this.#sweep()
    this.#every(settings.leaseSeconds / 3, () => this.#renew())
    this.#every(Math.min(settings.leaseSeconds / 4, 2), () => this.#sweep())
  }

  /** Drives a run that this node owns, and whatever waits behind it. */
  drive(run: Run): void {
    if (this.#closing || this.#drives.has(run.id)) {
      return
    }
    const stop = new AbortController()
    const lose = new AbortController()
    if (run.stopRequestedAt) {
      stop.abort()
    }
    const done = this.#drive(run, stop.signal, lose.signal)
    this.#drives.set(run.id, { stop, lose, done })
  }

  /** Stops a run if this node drives it. */
  stop(runId: RunId): void {
    this.#drives.get(runId)?.stop.abort()
  }

  /** Lets go of a run that another attempt has. */
  lose(runId: RunId): void {
    this.#drives.get(runId)?.lose.abort(new FencedError())
  }

  async close(): Promise<void> {
    this.#closing = true
    for (const timer of this.#timers) {
      clearInterval(timer)
    }
    await this.#sweeping
    const drives = [...this.#drives.values()]
    for (const { lose } of drives) {
      lose.abort(new FencedError())
    }
    await Promise.all(drives.map(({ done }) => done))
    await this.#deps.log.flush()
    await releaseRuns(this.#deps.database.db, this.#deps.nodeId)
    await removeNode(this.#deps.database.db, this.#deps.nodeId)
  }

  async #drive(run: Run, stop: AbortSignal, lose: AbortSignal): Promise<void> {
    let next: Run | null = null
    try {
      next = await driveRun(run, this.#deps, { stop, lose })
      this.#tidy(run)
    } catch (error) {
      if (!lose.aborted && !(error instanceof FencedError)) {
        this.#deps.onError(error, 'a run could not be driven; it is taken up again')
        await releaseRuns(this.#deps.database.db, this.#deps.nodeId, run.id).catch(
          (failure: unknown) => this.#deps.onError(failure, 'a run could not be given up'),
        )
      }
    } finally {
      this.#drives.delete(run.id)
    }
    if (next) {
      this.drive(next)
    }
  }

  #tidy(run: Run): void {
    this.#compact(run).catch((error: unknown) =>
      this.#deps.onError(error, 'a log could not be compacted'),
    )
  }

  #renew(): Promise<void> {
    return renewNode(this.#deps.database.db, this.#deps.nodeId, this.#deps.settings.leaseSeconds)
  }

  async #sweep(): Promise<void> {
    const { db } = this.#deps.database
    for (const orphan of await findOrphans(db, ROUND)) {
      const run = await this.#takeOver(orphan)
      if (run) {
        this.drive(run)
      }
    }
    for (const run of await findUncompacted(db, ROUND)) {
      await this.#compact(run)
    }
  }

  /** Claims the run and tells its readers, in one transaction: from then on its former node can write nothing. */
  #takeOver(orphan: Run): Promise<Run | null> {
    const { log, nodeId } = this.#deps
    return log.append(orphan.sessionId, async (transaction, appender) => {
      const run = await claimOrphan(transaction, orphan.id, nodeId)
      if (!run) {
        return null
      }
      const steps = (await stepsOfRuns(transaction, [run.id])).get(run.id) ?? []
      const keepParts = steps.at(-1)?.partsEnd ?? 0
      const message = await readMessage(transaction, run.userId, run.messageId)
      const kept = { ...message, parts: message.parts.slice(0, keepParts) }
      const { id: runId, messageId, attempt } = run
      const seq = appender.add(
        { type: 'start', runId, messageId, message: kept, attempt, keepParts },
        runId,
      )
      await updateMessage(transaction, messageId, {
        parts: { stored: kept.parts.map(toStoredPart), seq },
      })
      return run
    })
  }

  #every(seconds: number, work: () => Promise<void>): void {
    let busy = false
    const timer = setInterval(() => {
      if (!busy) {
        busy = true
        this.#sweeping = work()
          .catch((error: unknown) => this.#deps.onError(error, 'a round of the sweep failed'))
          .finally(() => {
            busy = false
          })
      }
    }, seconds * 1000)
    timer.unref()
    this.#timers.push(timer)
  }
}
