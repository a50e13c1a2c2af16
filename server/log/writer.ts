import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Db } from '../../db/database.ts'
import { countEqual, insertEvents, isSeqTaken, readHeads } from '../../db/events.ts'
import { notify } from '../../db/notifications.ts'
import { isKnot, isRefusal } from '../../db/trouble.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import type { RunId, SessionId } from '../../shared/contract/ids.ts'
import { type Share, dropFenced } from './fence.ts'
import type { Hub } from './hub.ts'
import { type PendingChunk, PendingLog } from './pending.ts'
import { type PlacedEvent, createAppender, placeChunks, toRow } from './placed.ts'
import type { Appender, LogWriter, RunHold } from './port.ts'

export type WriterOptions = {
  database: Database
  hub: Hub
  /** Milliseconds from the start of one commit to the start of the next, while nothing is urgent. */
  paceMs: number
  /** Called with each failure of a commit; the writer tries again by itself. */
  onTrouble(error: unknown): void
  /** What tells the other nodes of a commit, sent with it; null when there is nobody to tell. */
  payload?(events: readonly PlacedEvent[]): string | null
  /** Called with each run whose text was thrown away because another attempt drives it. */
  onFenced(runId: RunId): void
}

/** More text than this that waits to be committed makes its run wait. UTF-16 units, for each session. */
const ROOM = 256 * 1024
/** The pace slows down to this under load. Milliseconds. */
const SLOWEST_PACE = 250
/** How much longer than the last commit took the next one waits: an embedded database blocks this process meanwhile. */
const LOAD_FACTOR = { postgres: 1.25, embedded: 2 }
/** Logs beyond this many are forgotten when they are idle; their heads are read again when they are needed. */
const REMEMBERED_LOGS = 10_000

/** Between two tries of a commit that the database could not take. Milliseconds. */
const RETRY_DELAY = 200

/**
 * Commits what the runs of this node write, one group after the other: while one commit is under way the next one
 * gathers. Only what is committed goes to the hub, and so to readers.
 */
export class GroupCommitWriter implements LogWriter {
  readonly #options: WriterOptions
  readonly #logs = new Map<SessionId, PendingLog>()
  readonly #dirty = new Set<PendingLog>()
  #urgent = false
  #committing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #earliest = 0
  #roomWanted: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
  }

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

  discard(sessionId: SessionId, runId: RunId): void {
    this.#logs.get(sessionId)?.drop(runId)
  }

  async append<T>(
    sessionId: SessionId,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<T> {
    const log = this.#log(sessionId)
    await log.lock()
    try {
      return await this.#appendLocked(log, work)
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

  async #appendLocked<T>(
    log: PendingLog,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const share: Share = { log, chunks: this.#take(log) }
      let placed: PlacedEvent[] = []
      let done: { value: T } | null = null
      try {
        await this.#options.database.db.transaction().execute(async (transaction) => {
          if (log.head === null) {
            log.forgetHead()
          }
          const head =
            log.head ?? (await readHeads(transaction, [log.sessionId])).get(log.sessionId) ?? 0
          await this.#dropFenced(transaction, [share])
          placed = placeChunks(log.sessionId, head, share.chunks)
          const value = await work(transaction, createAppender(log.sessionId, head, placed))
          if (placed.length > 0) {
            await insertEvents(transaction, placed.map(toRow))
            const payload = this.#options.payload?.(placed)
            if (payload) {
              await notify(transaction, payload)
            }
          }
          done = { value }
        })
      } catch (error) {
        if (done === null || isRefusal(error) || !(await this.#landed(placed, error, [share]))) {
          log.putBack(share.chunks)
          log.forgetHead()
          if (!isSeqTaken(error) && !isKnot(error)) {
            throw error
          }
          continue
        }
      }
      this.#committed([share], placed)
      return resultOf(done)
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
    const shares = free.map((log): Share => ({ log, chunks: this.#take(log) }))
    try {
      await this.#commitShares(shares)
    } finally {
      const ended = performance.now()
      const pace = Math.min(
        Math.max(
          this.#options.paceMs,
          LOAD_FACTOR[this.#options.database.kind] * (ended - started),
        ),
        SLOWEST_PACE,
      )
      this.#earliest = started + pace
      for (const { log } of shares) {
        this.#release(log)
      }
    }
  }

  /** Tries until the text is committed or known to belong to an overtaken attempt. */
  async #commitShares(shares: Share[]): Promise<void> {
    for (;;) {
      const batch = await this.#patiently(() => this.#place(shares), shares)
      if (batch.length === 0) {
        return
      }
      try {
        await this.#options.database.insertChunks(batch.map(toRow), this.#options.payload?.(batch))
      } catch (error) {
        if (isRefusal(error) || !(await this.#landed(batch, error, shares))) {
          for (const { log } of shares) {
            log.forgetHead()
          }
          if (!isSeqTaken(error)) {
            await this.#troubled(error, shares)
          }
          continue
        }
      }
      this.#committed(shares, batch)
      return
    }
  }

  /**
   * Whether a commit whose answer was lost with its connection happened: asked before anything is added behind it, or
   * the log would get a gap or a repetition.
   */
  async #landed(
    batch: readonly PlacedEvent[],
    error: unknown,
    shares: readonly Share[],
  ): Promise<boolean> {
    await this.#troubled(error, shares)
    if (batch.length === 0) {
      return false
    }
    const rows = batch.map(toRow)
    return (
      (await this.#patiently(() => countEqual(this.#options.database.db, rows), shares)) ===
      rows.length
    )
  }

  /** Tries until the database answers. */
  async #patiently<T>(ask: () => Promise<T>, shares: readonly Share[]): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        await this.#troubled(error, shares)
      }
    }
  }

  /** What is held is tried on and on; who wants to add something to the same logs is told instead of kept waiting. */
  async #troubled(error: unknown, shares: readonly Share[]): Promise<void> {
    this.#options.onTrouble(error)
    for (const { log } of shares) {
      log.refuse(error)
    }
    await delay(RETRY_DELAY)
  }

  async #place(shares: readonly Share[]): Promise<PlacedEvent[]> {
    const { db } = this.#options.database
    const unknown = shares.flatMap(({ log }) => (log.head === null ? [log] : []))
    for (const log of unknown) {
      log.forgetHead()
    }
    const heads =
      unknown.length > 0
        ? await readHeads(
            db,
            unknown.map(({ sessionId }) => sessionId),
          )
        : new Map<SessionId, number>()
    for (const log of unknown) {
      log.head = heads.get(log.sessionId) ?? 0
    }
    await this.#dropFenced(db, shares)
    return shares.flatMap(({ log, chunks }) => placeChunks(log.sessionId, log.head ?? 0, chunks))
  }

  async #dropFenced(db: Db, shares: readonly Share[]): Promise<void> {
    for (const runId of await dropFenced(db, shares)) {
      this.#options.onFenced(runId)
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

  #committed(shares: readonly Share[], batch: readonly PlacedEvent[]): void {
    const bySession = Map.groupBy(batch, (event) => event.sessionId)
    for (const { log, chunks } of shares) {
      const events = bySession.get(log.sessionId)
      log.settle(chunks)
      if (events) {
        log.head = events.at(-1)?.seq ?? log.head
        this.#options.hub.publish(log.sessionId, events)
      }
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

function resultOf<T>(done: { value: T } | null): T {
  if (done === null) {
    throw new Error('a transaction was committed without a result')
  }
  return done.value
}
