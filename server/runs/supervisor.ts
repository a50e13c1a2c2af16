import { setTimeout as delay } from 'node:timers/promises'
import { repeating } from '../concurrency/repeating.ts'
import { deleteEventsOfDeletedRun } from '../../db/queries/log/run-events.ts'
import { releaseRun, releaseRuns } from '../../db/queries/runs/run-owners.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import type { CallId, RunId, UserId } from '../../shared/contract/ids.ts'
import type { RunSlots } from '../limits/run-slots.ts'
import { idsOfCall, idsOfRun } from '../log-ids.ts'
import { FencedError } from './deps.ts'
import type { RunDeps } from './deps.ts'
import { driveRun } from './driver.ts'
import { MissedStops } from './sweep/missed-stops.ts'
import { runSpan } from '../telemetry/spans.ts'
import { tryAgain } from './retries.ts'
import { startWaiting } from './sweep/start-waiting.ts'
import { ROUND, RunSweep } from './sweep.ts'

type Drive = {
  attempt: number
  stop: AbortController
  lose: AbortController
  leave: AbortController
  done: Promise<void>
}

/** The interval of the sweep. Milliseconds. */
const SWEEP_INTERVAL = 1_000
/** The interval of checking for stops whose notification was lost: the provider hears of one within a second. */
const STOPS_INTERVAL = 500
/** The longest wait for running calls when this node closes. Milliseconds. */
const LEAVE_TIME = 5_000

/**
 * Drives the runs of this node and takes up those that no living node drives. `start` begins it; `close` gives the
 * runs up, so that another node, or the next start, goes on with them at once.
 */
export class RunSupervisor {
  readonly #deps: RunDeps
  readonly #compact: (run: Run) => Promise<void>
  readonly #drives = new Map<RunId, Drive>()
  readonly #compacting = new Set<Promise<void>>()
  readonly #starting = new Set<Promise<void>>()
  /** Runs of this node that it failed to drive, and failed to give up. */
  readonly #dropped = new Set<RunId>()
  /** Lost runs whose session may be deleted, and whose text could not be removed. */
  readonly #uncleared = new Map<RunId, Run>()
  readonly #missedStops: MissedStops
  readonly #closing = new AbortController()
  /** Looks for runs that nobody drives, and logs to shorten. */
  readonly sweep: () => Promise<void>
  #timers: NodeJS.Timeout[] = []

  /** @param compact shortens the log of an ended run */
  constructor(deps: RunDeps, compact: (run: Run) => Promise<void>) {
    this.#deps = deps
    this.#compact = compact
    this.#missedStops = new MissedStops(deps, {
      runs: () => [...this.#drives.keys()],
      stop: (runId) => this.stop(runId),
      lose: (runId) => this.lose(runId),
    })
    const sweep = new RunSweep(deps, {
      driven: this.#drives,
      dropped: this.#dropped,
      drive: (run) => this.drive(run),
      stop: (runId) => this.stop(runId),
      startWaiting: () => this.startWaiting(),
      clearAgain: () => this.#clearAgain(),
      compact,
    })
    this.sweep = repeating(() => sweep.round(), {
      isOver: () => this.#closing.signal.aborted,
      onError: (error) => deps.onError(error, 'a sweep failed'),
    })
  }

  async start(): Promise<void> {
    await this.sweep()
    this.#timers = [
      setInterval(() => void this.sweep(), SWEEP_INTERVAL),
      setInterval(() => this.#missedStops.look(), STOPS_INTERVAL),
    ]
  }

  /** Drives a run that this node owns, and whatever waits behind it. */
  drive(run: Run): void {
    const former = this.#drives.get(run.id)
    if (this.#closing.signal.aborted || (former && former.attempt >= run.attempt)) {
      return
    }
    former?.lose.abort(new FencedError())
    this.#dropped.delete(run.id)
    const stop = new AbortController()
    const lose = new AbortController()
    const leave = new AbortController()
    if (run.stopRequestedAt) {
      stop.abort()
    }
    const drive: Drive = { attempt: run.attempt, stop, lose, leave, done: Promise.resolve() }
    this.#drives.set(run.id, drive)
    drive.done = this.#drive(run, drive)
  }

  /** Stops a run if this node drives it. */
  stop(runId: RunId): void {
    this.#drives.get(runId)?.stop.abort()
  }

  /** A question of this call is answered. */
  replied(callId: CallId): void {
    this.#deps.replies.wake(callId)
  }

  /**
   * Lets go of a run that another attempt has.
   *
   * @param attempt the one that was found to be over: this node may drive a later one
   */
  lose(runId: RunId, attempt?: number): void {
    const drive = this.#drives.get(runId)
    if (drive && (attempt === undefined || drive.attempt <= attempt)) {
      drive.lose.abort(new FencedError())
    }
  }

  /** Lets go of a run whose session is deleted: nothing more of it is written. */
  abandon({ id, sessionId }: Pick<Run, 'id' | 'sessionId'>): void {
    this.lose(id)
    this.#deps.log.discard(sessionId, id)
  }

  /** Carries a call out again that this node owns, apart from its run. */
  retry(call: NewCall): void {
    tryAgain(call, this.#deps, this.#closing.signal).catch((error: unknown) =>
      this.#deps.onError(
        error,
        'a call that was tried again could not be recorded',
        idsOfCall(call),
      ),
    )
  }

  /** Starts runs that wait until fewer of their person's are going, as many as may start now; of this person or of all. */
  startWaiting(userId?: UserId): Promise<void> {
    const { slots, node, onError } = this.#deps
    if (!slots || !node.leaseHolds) {
      return Promise.resolve()
    }
    const starting = this.#startWaiting(slots, userId)
      .catch((error: unknown) => onError(error, 'runs that wait could not be started'))
      .finally(() => this.#starting.delete(starting))
    this.#starting.add(starting)
    return starting
  }

  async #startWaiting(slots: RunSlots, userId: UserId | undefined): Promise<void> {
    for (const of of await slots.startable(ROUND, userId)) {
      // A run that starts now would be given up at once.
      if (this.#closing.signal.aborted) {
        return
      }
      const run = await startWaiting(of, this.#deps)
      if (run) {
        this.drive(run)
      }
    }
  }

  async close(): Promise<void> {
    const { database, log, node } = this.#deps
    this.#closing.abort()
    for (const timer of this.#timers) {
      clearInterval(timer)
    }
    await Promise.all([this.sweep(), this.#missedStops.looking, ...this.#starting])
    for (const { leave } of this.#drives.values()) {
      leave.abort(new FencedError())
    }
    const waited = new AbortController()
    await Promise.race([
      this.#allDone(),
      delay(LEAVE_TIME, undefined, waited).catch(() => undefined),
    ])
    waited.abort()
    for (const { lose } of this.#drives.values()) {
      lose.abort(new FencedError())
    }
    await this.#allDone()
    await Promise.all([...this.#compacting, ...this.#starting])
    await log.flush()
    await releaseRuns(database.db, node.id)
  }

  async #allDone(): Promise<void> {
    await Promise.all([...this.#drives.values()].map(({ done }) => done))
  }

  async #drive(run: Run, drive: Drive): Promise<void> {
    const { database, node } = this.#deps
    const onError = (error: unknown, what: string) => this.#deps.onError(error, what, idsOfRun(run))
    let next: Run | null = null
    try {
      const signals = {
        stop: drive.stop.signal,
        lose: drive.lose.signal,
        leave: drive.leave.signal,
        overtaken: () => drive.lose.abort(new FencedError()),
      }
      next = await this.#deps.telemetry.within(runSpan(run), () =>
        driveRun(run, this.#deps, signals),
      )
      const compacting = this.#compact(run)
        .catch((error: unknown) => onError(error, 'a log could not be compacted'))
        .finally(() => this.#compacting.delete(compacting))
      this.#compacting.add(compacting)
    } catch (error) {
      if (!(error instanceof FencedError) && !drive.lose.signal.aborted) {
        onError(error, 'a run could not be driven; it is taken up again')
        this.#dropped.add(run.id)
        await releaseRun(database.db, run, node.id)
          .then(() => this.#dropped.delete(run.id))
          .catch((failure: unknown) => onError(failure, 'a run could not be given up'))
      } else if (!this.#closing.signal.aborted) {
        // It may have lost the run by a commit of its own whose answer it did not get, and of which it told nobody.
        await this.#deps
          .catchUp()
          .catch((failure: unknown) => onError(failure, 'the log of a lost run could not be read'))
        await this.#clear(run)
      }
    } finally {
      if (this.#drives.get(run.id) === drive) {
        this.#drives.delete(run.id)
      }
    }
    if (next) {
      this.drive(next)
    } else {
      // Other runs of the person may have waited for its end.
      void this.startWaiting(run.userId)
    }
  }

  /** Takes back what this node wrote of a lost run after its session was deleted on another. */
  async #clear(run: Run): Promise<void> {
    const { log, onError } = this.#deps
    const { id, sessionId, attempt } = run
    log.discard(sessionId, id, attempt)
    try {
      await log.append(
        sessionId,
        (transaction) => deleteEventsOfDeletedRun(transaction, sessionId, id),
        'answer',
      )
      this.#uncleared.delete(id)
    } catch (error) {
      this.#uncleared.set(id, run)
      const what = 'the text of a deleted run could not be removed; it is tried again'
      onError(error, what, idsOfRun(run))
    }
  }

  async #clearAgain(): Promise<void> {
    for (const run of [...this.#uncleared.values()]) await this.#clear(run)
  }
}
