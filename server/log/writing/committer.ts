import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Db } from '../../../db/engine/database.ts'
import { countEqual, insertEvents, isSeqTaken, readHeads } from '../../../db/queries/log/events.ts'
import { notify } from '../../../db/engine/notifications.ts'
import { isTransactionConflict, isRefusal } from '../../../db/engine/database-errors.ts'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { dropFenced } from './fence.ts'
import type { Share } from './fence.ts'
import { createAppender, placeChunks, toRow } from './sequenced-events.ts'
import type { PlacedEvent } from './sequenced-events.ts'
import type { Appender } from '../port.ts'

export type CommitOptions = {
  database: Database
  /** Called with each failure of a commit; the writer tries again by itself. */
  onTrouble(error: unknown): void
  /** What tells the other nodes of a commit, sent with it; null when there is nobody to tell. */
  payload?(events: readonly PlacedEvent[]): string | null
  /** Called with each run whose text was thrown away because another attempt drives it. */
  onFenced(runId: RunId): void
}

/** Between two tries of a commit that the database could not take. Milliseconds. */
const RETRY_DELAY = 200

/** Brings text into the database whole and once, whatever happens to the connection on the way. */
export class Committer {
  readonly #options: CommitOptions

  constructor(options: CommitOptions) {
    this.#options = options
  }

  /**
   * Commits what a log holds together with what `work` adds to it.
   *
   * @returns null when another was quicker to add to the log: its chunks are put back, and it is to be tried again
   */
  async commitWith<T>(
    share: Share,
    work: (transaction: Db, log: Appender) => Promise<T>,
  ): Promise<{ value: T; placed: PlacedEvent[] } | null> {
    const { log } = share
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
        if (!isSeqTaken(error) && !isTransactionConflict(error)) {
          throw error
        }
        return null
      }
    }
    return { value: resultOf(done), placed }
  }

  /** Tries until the text is committed or known to belong to an overtaken attempt; returns what was committed. */
  async commit(shares: readonly Share[]): Promise<PlacedEvent[]> {
    for (;;) {
      const batch = await this.#patiently(() => this.#place(shares), shares)
      if (batch.length === 0) {
        return []
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
      return batch
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
      (await this.#patiently(() => countEqual(this.#options.database.writer, rows), shares)) ===
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
    const { writer: db } = this.#options.database
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
}

function resultOf<T>(done: { value: T } | null): T {
  if (done === null) {
    throw new Error('a transaction was committed without a result')
  }
  return done.value
}
