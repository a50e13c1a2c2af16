import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Db } from '../../../db/engine/database.ts'
import { countEqual, insertEvents, isSeqTaken, readHeads } from '../../../db/queries/log/events.ts'
import type { EventsWith } from '../../../db/queries/log/events.ts'
import { notify } from '../../../db/engine/notifications.ts'
import {
  isDuplicate,
  isTransactionConflict,
  isRefusal,
} from '../../../db/engine/database-errors.ts'
import { dropFenced } from './fence.ts'
import type { TakenChunks } from './fence.ts'
import type { RunHold } from './pending.ts'
import { createAppender, sequenceChunks, toRow } from './sequenced-events.ts'
import type { Appender, SequencedEvent } from './sequenced-events.ts'

export type CommitOptions = {
  database: Database
  /** Called with each failure of a commit; the writer retries by itself. */
  onTrouble(error: unknown): void
  /** The notification to the other nodes, sent with the commit; null when there are none. */
  payload?(events: readonly SequencedEvent[]): string | null
  /** Called with each attempt whose text was dropped because another attempt drives its run. */
  onFenced(attempt: RunHold): void
  /** Called with a commit that was found long after its answer was lost, and with its text, which waits no more. */
  onFoundLate(taken: TakenChunks, placed: readonly SequencedEvent[]): void
  /** Wraps a commit in a span; absent when tracing is off. */
  traceCommit?: <T>(commit: () => Promise<T>) => Promise<T>
}

/** A change that is stored without a transaction around it. */
export type WholeChange<T> = {
  /** What the caller gets when it is stored. */
  value: T
  /** Stores the change with the events, or nothing; true when it stored them. */
  store(events: EventsWith): Promise<boolean>
}

const ANY = /./

/** Delay before a failed commit is retried. Milliseconds. */
const RETRY_DELAY = 200

/** Commits text completely and exactly once, even when the connection breaks during a commit. */
export class Committer {
  readonly #options: CommitOptions

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /**
   * Commits the waiting chunks of a log together with what `work` adds to it.
   *
   * @returns null when another node added to the log first: the chunks are put back, and the caller tries again
   */
  async commitWith<T>(
    taken: TakenChunks,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<{ value: T; placed: SequencedEvent[] } | null> {
    const { log } = taken
    let placed: SequencedEvent[] = []
    let done: { value: T } | null = null
    const traced = this.#options.traceCommit ?? ((commit) => commit())
    try {
      await traced(() =>
        this.#options.database.db.transaction().execute(async (transaction) => {
          await this.#readHeads(transaction, [taken])
          const head = log.head ?? 0
          await this.#dropFenced(transaction, [taken])
          placed = sequenceChunks(log.sessionId, head, taken.chunks)
          const value = await work(transaction, createAppender(log.sessionId, head, placed))
          if (placed.length > 0) {
            await insertEvents(transaction, placed.map(toRow))
            const payload = this.#options.payload?.(placed)
            if (payload) {
              await notify(transaction, payload)
            }
          }
          done = { value }
        }),
      )
    } catch (error) {
      const sent = done === null || isRefusal(error) ? null : placed
      if (sent === null || !(await this.#landed(sent, error, [taken]))) {
        putBack(taken, sent)
        if (!isSeqTaken(error) && !isTransactionConflict(error)) {
          throw error
        }
        return null
      }
    }
    return { value: resultOf(done), placed }
  }

  /**
   * Commits the waiting chunks of a log together with a change and its events, without a transaction.
   *
   * @returns null when nothing was stored, because it cannot be stored so or somebody else was faster: the chunks are
   *   put back
   */
  async commitAtOnce<T>(
    taken: TakenChunks,
    prepare: (log: Appender) => WholeChange<T>,
  ): Promise<{ value: T; placed: SequencedEvent[] } | null> {
    const { log } = taken
    const traced = this.#options.traceCommit ?? ((commit) => commit())
    let placed: SequencedEvent[] = []
    let done: { value: T } | null = null
    try {
      placed = await this.#place([taken], this.#options.database.db)
      const { value, store } = prepare(createAppender(log.sessionId, log.head ?? 0, placed))
      const payload = this.#options.payload?.(placed) ?? null
      done = { value }
      if (!(await traced(() => store({ rows: placed.map(toRow), payload })))) {
        log.putBack(taken.chunks)
        return null
      }
    } catch (error) {
      const sent = done === null || isRefusal(error) ? null : placed
      if (sent === null || !(await this.#landed(sent, error, [taken]))) {
        putBack(taken, sent)
        if (!isDuplicate(error, ANY) && !isTransactionConflict(error)) {
          throw error
        }
        return null
      }
    }
    return { value: resultOf(done), placed }
  }

  /** Retries until the text is committed or known to belong to an overtaken attempt; returns what was committed. */
  async commit(takenByLog: readonly TakenChunks[]): Promise<SequencedEvent[]> {
    let unclear: SequencedEvent[] = []
    for (;;) {
      const batch = await this.#untilAnswered(
        () => this.#place(takenByLog, this.#options.database.writer),
        takenByLog,
      )
      // The database may have gone on with an earlier try after it was looked for.
      if (await this.#isStored(unclear, takenByLog)) {
        return unclear
      }
      if (batch.length === 0) {
        return []
      }
      try {
        await this.#options.database.insertChunks(batch.map(toRow), this.#options.payload?.(batch))
      } catch (error) {
        if (isRefusal(error) || !(await this.#landed(batch, error, takenByLog))) {
          for (const { log } of takenByLog) {
            log.forgetHead()
          }
          if (!isRefusal(error)) {
            unclear = batch
          }
          if (!isSeqTaken(error)) {
            await this.#troubled(error, takenByLog)
          }
          continue
        }
      }
      return batch
    }
  }

  /**
   * Finds out whether a commit succeeded whose answer was lost with the connection. Without this the next events would
   * leave a gap in the log, or repeat events. One row shows it, because all are committed or none; some may be gone
   * already, since a session was deleted or a log compacted.
   */
  async #landed(
    batch: readonly SequencedEvent[],
    error: unknown,
    takenByLog: readonly TakenChunks[],
  ): Promise<boolean> {
    await this.#troubled(error, takenByLog)
    return this.#isStored(batch, takenByLog)
  }

  async #isStored(
    batch: readonly SequencedEvent[],
    takenByLog: readonly TakenChunks[],
  ): Promise<boolean> {
    if (batch.length === 0) {
      return false
    }
    const rows = batch.map(toRow)
    const count = () => countEqual(this.#options.database.writer, rows)
    return (await this.#untilAnswered(count, takenByLog)) > 0
  }

  /** Retries a read until the database answers. */
  async #untilAnswered<T>(ask: () => Promise<T>, takenByLog: readonly TakenChunks[]): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        await this.#troubled(error, takenByLog)
      }
    }
  }

  /**
   * Reports a failure and waits before the next try. The chunks are retried until they are committed; commands that
   * wait for the same logs are rejected.
   */
  async #troubled(error: unknown, takenByLog: readonly TakenChunks[]): Promise<void> {
    this.#options.onTrouble(error)
    for (const { log } of takenByLog) {
      log.refuse(error)
    }
    await delay(RETRY_DELAY)
  }

  async #place(takenByLog: readonly TakenChunks[], db: Db): Promise<SequencedEvent[]> {
    await this.#readHeads(db, takenByLog)
    await this.#dropFenced(db, takenByLog)
    return takenByLog.flatMap(({ log, chunks }) =>
      sequenceChunks(log.sessionId, log.head ?? 0, chunks),
    )
  }

  /** Reads the heads that are not known. */
  async #readHeads(db: Db, takenByLog: readonly TakenChunks[]): Promise<void> {
    const unknown = takenByLog.filter(({ log }) => log.head === null)
    if (unknown.length === 0) {
      return
    }
    for (const { log } of unknown) {
      log.forgetHead()
    }
    const heads = await readHeads(
      db,
      unknown.map(({ log }) => log.sessionId),
    )
    for (const taken of unknown) {
      // Only now: what the database carries out after the head was read collides with what is placed behind it.
      await this.#findLate(db, taken)
      taken.log.head = heads.get(taken.log.sessionId) ?? 0
    }
  }

  /** Looks for an unclear commit of a log. When the database did carry it out, its text is taken from what waits. */
  async #findLate(db: Db, taken: TakenChunks): Promise<void> {
    for (const { chunks, placed } of taken.log.unclear) {
      if ((await countEqual(db, placed.map(toRow))) > 0) {
        const stored = taken.chunks.filter((chunk) => chunks.includes(chunk))
        taken.chunks = taken.chunks.filter((chunk) => !stored.includes(chunk))
        this.#options.onFoundLate({ log: taken.log, chunks: stored }, placed)
        return
      }
    }
  }

  async #dropFenced(db: Db, takenByLog: readonly TakenChunks[]): Promise<void> {
    for (const attempt of await dropFenced(db, takenByLog)) {
      this.#options.onFenced(attempt)
    }
  }
}

/** @param sent what the database may yet carry out; null when it was refused, or nothing was sent */
function putBack({ log, chunks }: TakenChunks, sent: readonly SequencedEvent[] | null): void {
  log.putBack(chunks)
  log.forgetHead()
  if (sent && sent.length > 0) {
    log.unclear = [...log.unclear, { chunks, placed: sent }]
  }
}

function resultOf<T>(done: { value: T } | null): T {
  if (done === null) {
    throw new Error('a transaction was committed without a result')
  }
  return done.value
}
