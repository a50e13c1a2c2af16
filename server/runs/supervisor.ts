import { setTimeout as delay } from 'node:timers/promises'
import { repeating } from '../concurrency/repeating.ts'
import { findDeleted } from '../../db/queries/sessions/deleted.ts'
import { deleteEventsOfDeletedRun } from '../../db/queries/log/events.ts'
import { findOrphans, findStopped, releaseRuns } from '../../db/queries/runs/run-owners.ts'
import { findUncompacted } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { forgetResponses } from '../../db/queries/doors/responses.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import type { CallId, RunId, UserId } from '../../shared/contract/ids.ts'
import type { RunSlots } from '../limits/run-slots.ts'
import { endLateCalls } from './client-deadlines.ts'
import { FencedError } from './deps.ts'
import type { RunDeps } from './deps.ts'
import { driveRun } from './driver.ts'
import { runSpan } from '../telemetry/spans.ts'
import { recoverRetries, tryAgain } from './retries.ts'
import { startWaiting } from './start-waiting.ts'
import { Strays } from './strays.ts'
import { takeOver } from './takeover.ts'

type Drive = {
  attempt: number
  stop: AbortController
  lose: AbortController
  leave: AbortController
  done: Promise<void>
}

/** A node that froze in a transaction keeps one of its runs locked for seconds: the others do not wait for that one. */
const TAKEOVERS_AT_ONCE = 4

/** Runs taken over, or tidied, and calls given up, in one round of the sweep. */
const ROUND = 20
/** From one round to the next. Milliseconds. */
const SWEEP_INTERVAL = 1_000
/** From one look for stops that this node was not told of to the next: the provider hears of one within a second. */
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
  readonly #strays: Strays
  readonly #closing = new AbortController()
  /** Looks for runs that nobody drives, and logs to shorten. */
  readonly sweep: () => Promise<void>
  #lookingForStops: Promise<void> | null = null
  #timers: NodeJS.Timeout[] = []

  /** @param compact shortens the log of an ended run */
  constructor(deps: RunDeps, compact: (run: Run) => Promise<void>) {
    this.#deps = deps
    this.#compact = compact
    this.#strays = new Strays(deps)
    this.sweep = repeating(() => this.#sweepRound(), {
      isOver: () => this.#closing.signal.aborted,
      onError: (error) => deps.onError(error, 'a sweep failed'),
    })
  }

  async start(): Promise<void> {
    await this.sweep()
    this.#timers = [
      setInterval(() => void this.sweep(), SWEEP_INTERVAL),
      setInterval(() => this.#lookForStops(), STOPS_INTERVAL),
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
      this.#deps.onError(error, 'a call that was tried again could not be recorded'),
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
      // One that starts now would be given up at once.
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
    await Promise.all([this.sweep(), this.#lookingForStops, ...this.#starting])
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
    const { database, node, onError } = this.#deps
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
        await releaseRuns(database.db, node.id, run.id)
          .then(() => this.#dropped.delete(run.id))
          .catch((failure: unknown) => onError(failure, 'a run could not be given up'))
      } else if (!this.#closing.signal.aborted) {
        await this.#clear(run).catch((failure: unknown) =>
          onError(failure, 'the text of a deleted run could not be removed'),
        )
      }
    } finally {
      if (this.#drives.get(run.id) === drive) {
        this.#drives.delete(run.id)
      }
    }
    if (next) {
      this.drive(next)
    } else {
      // It may have been what others of its person waited for.
      void this.startWaiting(run.userId)
    }
  }

  /** Takes back what this node wrote of a lost run after its session was deleted on another. */
  async #clear({ id, sessionId, attempt }: Run): Promise<void> {
    const { log } = this.#deps
    log.discard(sessionId, id, attempt)
    await log.append(
      sessionId,
      (transaction) => deleteEventsOfDeletedRun(transaction, sessionId, id),
      'answer',
    )
  }

  /** Returns true when there may be more to take over. */
  async #sweepRound(): Promise<boolean> {
    const { database, node, onError } = this.#deps
    // A node that may be taken for dead itself takes nothing from others.
    if (!node.leaseHolds) {
      return false
    }
    const dropped = [...this.#dropped]
    const orphans = await findOrphans(database.db, node.id, dropped, ROUND)
    const waiting = [...orphans]
    let hasMore = false
    const takeNext = async (): Promise<void> => {
      for (let orphan = waiting.shift(); orphan; orphan = waiting.shift()) {
        const run = await takeOver(orphan, dropped, this.#deps).catch((error: unknown) => {
          onError(error, 'a run could not be taken over; it is tried again')
          return null
        })
        if (run) {
          this.drive(run)
          // A full round is not the last: a node that dies may leave hundreds.
          hasMore ||= orphans.length === ROUND
        }
      }
    }
    await Promise.all(Array.from({ length: TAKEOVERS_AT_ONCE }, takeNext))
    // One after the other, for they share the connections of answers; and each whatever became of those before it.
    for (const part of this.#tidying) {
      await part().catch((error: unknown) => onError(error, 'a part of a sweep failed'))
    }
    return hasMore
  }

  /** What a round does when it has taken over what there is. */
  readonly #tidying: readonly (() => Promise<void>)[] = [
    () => this.startWaiting(),
    () => recoverRetries(this.#deps, ROUND),
    async () => (await endLateCalls(this.#deps, ROUND)).forEach((run) => this.drive(run)),
    () => this.#strays.release((id) => this.#drives.has(id) || this.#dropped.has(id)),
    () => forgetResponses(this.#deps.database.db),
    async () => {
      for (const run of await findUncompacted(this.#deps.database.db, ROUND)) {
        await this.#compact(run)
      }
    },
  ]

  /** Stops the runs of this node that a person stopped or deleted on another: that node's word may have been lost. */
  #lookForStops(): void {
    const { database, node, onError } = this.#deps
    if (this.#drives.size === 0 || !node.hasOthers) {
      return
    }
    this.#lookingForStops ??= findStopped(database.db, node.id)
      .then((stopped) => stopped.forEach((runId) => this.stop(runId)))
      .then(() => findDeleted(database.db, 'runs', [...this.#drives.keys()]))
      .then((deleted) => deleted.forEach((runId) => this.lose(runId)))
      .catch((error: unknown) => onError(error, 'stops of other nodes could not be looked for'))
      .finally(() => {
        this.#lookingForStops = null
      })
  }
}
