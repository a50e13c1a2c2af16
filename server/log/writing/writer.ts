import type { Db } from '../../../db/engine/database.ts'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { Admission } from './admission.ts'
import type { Urgency } from './admission.ts'
import { Committer } from './committer.ts'
import type { CommitOptions, WholeChange } from './committer.ts'
import type { TakenChunks } from './fence.ts'
import type { Hub } from '../reading/hub.ts'
import { Pace } from './pace.ts'
import { PendingLog } from './pending.ts'
import type { PendingChunk, RunHold } from './pending.ts'
import type { Appender, SequencedEvent } from './sequenced-events.ts'

export type WriterOptions = Omit<CommitOptions, 'onFoundLate'> & {
  hub: Hub
  /** The shortest time from the start of one commit to the start of the next while nothing is urgent. Milliseconds. */
  paceMs: number
  /** Called with the committed events, after the readers of this node have them. */
  onCommitted?(events: readonly SequencedEvent[]): void
}

/** The most tries of a command while other nodes add to its log first; even two are rare. */
const MOST_TRIES = 500
/** When more text than this waits to be committed in a session, its run waits. UTF-16 units. */
const ROOM = 256 * 1024
/**
 * A command that waits longer is rejected, and the client may retry it. It is shorter than the 30 s for which clients
 * of the SDK wait for an answer. With 1,000 answers at 50 tokens a second on two cores, sends wait for up to 11 s.
 * Milliseconds.
 */
const LONGEST_WAIT = 20_000
/** The most changes without a transaction at the same time; they share statements, and so connections. */
const CHANGES_AT_ONCE = 256
/** When more logs than this are remembered, idle ones are dropped; their heads are read again when they are needed. */
const REMEMBERED_LOGS = 10_000

/**
 * The only way to write to the logs. It commits what the runs of this node write as groups: while one commit is going
 * on, the next group gathers. Readers get events after the commit, in the order of the log.
 */
export class LogWriter {
  readonly #options: WriterOptions
  readonly #committer: Committer
  readonly #pace: Pace
  readonly #admission: Admission
  readonly #changes: Admission
  readonly #logs = new Map<SessionId, PendingLog>()
  readonly #dirty = new Set<PendingLog>()
  #urgent = false
  #committing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #roomWanted: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
    this.#committer = new Committer({
      ...options,
      onFoundLate: (taken, placed) => this.#committed([taken], placed),
    })
    this.#pace = new Pace(options.paceMs)
    this.#admission = new Admission({
      atOnce: options.database.transactionsAtOnce,
      longestWait: LONGEST_WAIT,
    })
    this.#changes = new Admission({ atOnce: CHANGES_AT_ONCE, longestWait: LONGEST_WAIT })
  }

  /**
   * Adds text of a running answer. It is committed soon, together with the text of other runs; with `urgent` at once.
   * Resolves when there is room for more, which is at once unless the database is too slow.
   */
  async chunk(
    sessionId: SessionId,
    hold: RunHold,
    chunk: ChunkEvent,
    urgent = false,
  ): Promise<void> {
    const log = this.#log(sessionId)
    log.push(hold, chunk)
    this.#dirty.add(log)
    this.#urgent ||= urgent
    this.#schedule()
    while (log.length > ROOM) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve))
    }
  }

  /**
   * Drops a run's waiting chunks, because readers may not get those of an overtaken attempt.
   *
   * @param upTo that attempt, because this node may drive a later one; absent when the run is deleted
   */
  discard(sessionId: SessionId, runId: RunId, upTo?: number): void {
    this.#logs.get(sessionId)?.drop(runId, upTo)
  }

  /**
   * Runs `work` in a transaction and appends its events with it, all or nothing, behind the waiting chunks. `work` may
   * run again when another node wrote to the session meanwhile, so it changes nothing outside the transaction.
   *
   * @param urgency `answer` for what belongs to a running answer: it goes first, and waits as long as it takes
   * @throws {DatabaseBusyError} when a command would have to wait too long; nothing was done then
   */
  append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
    urgency: Urgency = 'command',
  ): Promise<T> {
    return this.#admission.run(urgency, sessionId, () => this.#append(sessionId, work))
  }

  /**
   * Appends a change that needs no transaction.
   *
   * @returns null when nothing was stored, because it is not the usual case or somebody else was faster; the caller then
   *   uses `append`
   * @throws {DatabaseBusyError} when a command would have to wait too long; nothing was done then
   */
  appendAtOnce<T>(
    sessionId: SessionId,
    prepare: (log: Appender) => WholeChange<T>,
    urgency: Urgency = 'command',
  ): Promise<{ value: T } | null> {
    return this.#changes.run(urgency, sessionId, () =>
      this.#alone(sessionId, (log) =>
        this.#commitTaken(log, (taken) => this.#committer.commitAtOnce(taken, prepare)),
      ),
    )
  }

  async #append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<T> {
    return this.#alone(sessionId, async (log) => {
      for (let tries = 1; ; tries += 1) {
        const done = await this.#commitTaken(log, (taken) =>
          this.#committer.commitWith(taken, work),
        )
        if (done) {
          return done.value
        }
        if (tries === MOST_TRIES) {
          throw new Error('The end of a log is taken at every try.')
        }
      }
    })
  }

  /** Does work while nobody else on this node writes to the log. */
  async #alone<T>(sessionId: SessionId, work: (log: PendingLog) => Promise<T>): Promise<T> {
    const log = this.#log(sessionId)
    await log.lock()
    try {
      const value = await work(log)
      this.#free(log)
      return value
    } catch (error) {
      // Text that it had taken goes first, or an answer would wait for as long as commands are refused.
      if (log.empty) this.#free(log)
      else void this.#commitAll([log]).finally(() => this.#free(log))
      throw error
    }
  }

  #free(log: PendingLog): void {
    this.#release(log)
    this.#makeRoom()
    this.#schedule()
  }

  async #commitTaken<T>(
    log: PendingLog,
    commit: (taken: TakenChunks) => Promise<{ value: T; placed: SequencedEvent[] } | null>,
  ): Promise<{ value: T } | null> {
    const taken: TakenChunks = { log, chunks: this.#take(log) }
    const done = await commit(taken)
    if (done) {
      this.#committed([taken], done.placed)
    }
    return done
  }

  /**
   * Commits everything that waits, for an orderly end of the process. Text that an `append` has taken, and what came
   * after it, is committed when that is done.
   */
  async flush(): Promise<void> {
    for (;;) {
      const held = this.#logs.values().find(({ locked, length }) => locked && length > 0)
      if (this.#committing || this.#dirty.size > 0) {
        await (this.#committing ?? this.#startCommit())
      } else if (held) {
        // It is refused when the connection of that `append` breaks; then the text waits again.
        await this.#alone(held.sessionId, async () => undefined).catch(() => undefined)
      } else {
        return
      }
    }
  }

  #schedule(): void {
    if (this.#committing || this.#dirty.size === 0) {
      return
    }
    const wait = this.#urgent ? 0 : this.#pace.waitMs
    if (wait <= 0) {
      void this.#startCommit()
    } else {
      this.#timer ??= setTimeout(() => void this.#startCommit(), wait)
    }
  }

  #startCommit(): Promise<void> {
    if (this.#timer) {
      clearTimeout(this.#timer)
      this.#timer = null
    }
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = null
      this.#makeRoom()
      this.#schedule()
    })
    return this.#committing
  }

  async #commit(): Promise<void> {
    const started = performance.now()
    this.#urgent = false
    // A log with an `append` that is going on is committed when that is done.
    const free = [...this.#dirty].filter((log) => log.tryLock())
    this.#dirty.clear()
    try {
      await this.#commitAll(free)
    } finally {
      this.#pace.committed(started, free.length)
      for (const log of free) {
        this.#release(log)
      }
    }
  }

  /** Commits the waiting text of logs that are locked. */
  async #commitAll(logs: readonly PendingLog[]): Promise<void> {
    const takenByLog = logs.map((log): TakenChunks => ({ log, chunks: this.#take(log) }))
    this.#committed(takenByLog, await this.#committer.commit(takenByLog))
  }

  /** Wakes the runs that wait for room if there is some. */
  #makeRoom(): void {
    for (const wake of this.#roomWanted.splice(0)) {
      wake()
    }
  }

  #take(log: PendingLog): PendingChunk[] {
    this.#dirty.delete(log)
    return log.take()
  }

  #release(log: PendingLog): void {
    log.unlock()
    if (!log.empty) {
      this.#dirty.add(log)
    }
  }

  #committed(takenByLog: readonly TakenChunks[], batch: readonly SequencedEvent[]): void {
    const bySession = Map.groupBy(batch, (event) => event.sessionId)
    for (const { log, chunks } of takenByLog) {
      const events = bySession.get(log.sessionId)
      log.settle(chunks)
      if (events) {
        log.head = events.at(-1)?.seq ?? log.head
        // What was not carried out until now collides with these.
        log.unclear = []
        // A node that takes over a run that began here writes behind this `seq`, and so collides with what follows.
        for (const { event } of events) {
          if (event.type === 'start') {
            log.trust(event)
          } else if (event.type === 'end') {
            log.distrust(event.runId)
          }
        }
        this.#options.hub.publish(log.sessionId, events)
      }
    }
    if (batch.length > 0) {
      this.#options.onCommitted?.(batch)
    }
  }

  #log(sessionId: SessionId): PendingLog {
    const known = this.#logs.get(sessionId)
    if (known) {
      return known
    }
    if (this.#logs.size >= REMEMBERED_LOGS) {
      for (const log of this.#logs.values()) {
        if (log.idle) {
          this.#logs.delete(log.sessionId)
        }
      }
    }
    const log = new PendingLog(sessionId)
    this.#logs.set(sessionId, log)
    return log
  }
}
