import type { Db } from '../../../db/engine/database.ts'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { Admission } from './admission.ts'
import type { Urgency } from './admission.ts'
import { Committer } from './committer.ts'
import type { CommitOptions } from './committer.ts'
import type { TakenChunks } from './fence.ts'
import type { Hub } from '../reading/hub.ts'
import { PendingLog } from './pending.ts'
import type { PendingChunk, RunHold } from './pending.ts'
import type { Appender, SequencedEvent } from './sequenced-events.ts'

export type WriterOptions = CommitOptions & {
  hub: Hub
  /** Milliseconds from the start of one commit to the start of the next at the least, while nothing is urgent. */
  paceMs: number
  /** Called with what was committed, after its readers here. */
  onCommitted?(events: readonly SequencedEvent[]): void
}

/** So often a command is tried while others are quicker to add to its log; in truth twice is rare. */
const MOST_TRIES = 500
/** More text than this that waits to be committed makes its run wait. UTF-16 units, for each session. */
const ROOM = 256 * 1024
/**
 * For each answer in a commit the next waits a millisecond, up to this, two frames of a display: where many answers share
 * the machine, each of their words costs less, and nobody sees the difference.
 */
const SHARED_PACE = 33
/** The pace slows down to this under load. Milliseconds. */
const SLOWEST_PACE = 250
/** The pace under load, as a multiple of the last commit's duration. */
const LOAD_FACTOR = 1.25
/**
 * A command that waits longer is rejected and may be retried: shorter than clients of the SDK wait for an answer, 30 s.
 * With 1,000 answers at 50 tokens a second on two cores, sends wait for up to 11 s. Milliseconds.
 */
const LONGEST_WAIT = 20_000
/** Logs beyond this many are forgotten when they are idle; their heads are read again when they are needed. */
const REMEMBERED_LOGS = 10_000

/**
 * The one way into the logs. Commits what the runs of this node write, one group after the other: while one commit is
 * under way the next one gathers. Readers are shown what it takes after the commit, in the order of the log, never
 * before and never without.
 */
export class LogWriter {
  readonly #options: WriterOptions
  readonly #committer: Committer
  readonly #admission: Admission
  readonly #logs = new Map<SessionId, PendingLog>()
  readonly #dirty = new Set<PendingLog>()
  #urgent = false
  #committing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #earliest = 0
  #roomWanted: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
    this.#committer = new Committer(options)
    this.#admission = new Admission({
      atOnce: options.database.transactionsAtOnce,
      longestWait: LONGEST_WAIT,
    })
  }

  /**
   * Adds text of a running answer. It is committed soon, together with what other runs have (`urgent`: at once).
   * Resolves when there is room for more, which is at once unless the database does not keep up.
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
   * Throws away a run's chunks that wait: an overtaken attempt may not show them.
   *
   * @param upTo that attempt; this node may drive a later one. Absent: the run is gone
   */
  discard(sessionId: SessionId, runId: RunId, upTo?: number): void {
    this.#logs.get(sessionId)?.drop(runId, upTo)
  }

  /**
   * Runs `work` in a transaction and adds its events with it, all or nothing; chunks that wait go first. `work` may
   * run again when another node wrote to the session meanwhile, so it touches nothing but the transaction.
   *
   * @param urgency `answer` for what belongs to an answer under way: it goes first, and waits as long as it takes
   * @throws {DatabaseBusyError} when a command would have to wait for too long; nothing was done then
   */
  append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
    urgency: Urgency = 'command',
  ): Promise<T> {
    return this.#admission.run(urgency, sessionId, () => this.#append(sessionId, work))
  }

  async #append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<T> {
    const log = this.#log(sessionId)
    await log.lock()
    try {
      for (let tries = 1; ; tries += 1) {
        const taken: TakenChunks = { log, chunks: this.#take(log) }
        const done = await this.#committer.commitWith(taken, work)
        if (done) {
          this.#committed([taken], done.placed)
          return done.value
        }
        if (tries === MOST_TRIES) {
          throw new Error('The end of a log is taken at every try.')
        }
      }
    } finally {
      this.#release(log)
      this.#makeRoom()
      this.#schedule()
    }
  }

  /** Commits everything that waits now; for an orderly end of the process. */
  async flush(): Promise<void> {
    while (this.#committing || this.#dirty.size > 0) {
      await (this.#committing ?? this.#startCommit())
    }
  }

  #schedule(): void {
    if (this.#committing || this.#dirty.size === 0) {
      return
    }
    const wait = this.#urgent ? 0 : this.#earliest - performance.now()
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
    // A log in which an `append` is under way comes back when that is done.
    const free = [...this.#dirty].filter((log) => log.tryLock())
    this.#dirty.clear()
    const takenByLog = free.map((log): TakenChunks => ({ log, chunks: this.#take(log) }))
    try {
      this.#committed(takenByLog, await this.#committer.commit(takenByLog))
    } finally {
      const took = performance.now() - started
      const shared = Math.min(takenByLog.length, SHARED_PACE)
      const pace = Math.max(this.#options.paceMs, shared, LOAD_FACTOR * took)
      this.#earliest = started + Math.min(pace, SLOWEST_PACE)
      for (const { log } of takenByLog) {
        this.#release(log)
      }
    }
  }

  /** Lets those who wait for room look whether there is some. */
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
        // Whoever takes over a run that was begun here writes behind this place, and collides with what follows.
        for (const { event } of events) {
          if (event.type === 'start') {
            log.trust(event)
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
