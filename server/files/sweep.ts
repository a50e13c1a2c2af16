import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Db } from '../../db/engine/database.ts'
import * as contents from '../../db/queries/files/contents.ts'
import { deleteUnusedFiles, dropUnusedContents } from '../../db/queries/files/unused.ts'
import { later } from './later.ts'
import type { ObjectStore } from './store.ts'

/** Deleted bytes are gone within a minute (contract, section 8). */
const INTERVAL_MS = 20_000
const DAY_MS = 86_400_000
const AT_ONCE = 100
/** A failed removal is retried after this time. */
const AGAIN_MS = 300_000

export type SweepOptions = {
  db: Db
  store: ObjectStore
  uploads: string
  now(): string
  onError(error: unknown, what: string): void
}

/** The most rounds of one sweep; the rest is left for the next. */
const MOST_ROUNDS = 20

async function untilNone(round: () => Promise<number>): Promise<void> {
  for (let rounds = 0; rounds < MOST_ROUNDS && (await round()) > 0; rounds += 1);
}

/** Removes what nothing refers to: unused files after a day, contents of deleted files, and abandoned uploads. */
export class FileSweeper {
  readonly #options: SweepOptions
  readonly #timer: NodeJS.Timeout
  #sweeping: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SweepOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.sweep(), INTERVAL_MS)
    this.#timer.unref()
  }

  /** Runs one sweep, and no second one at the same time. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(async () => {
      if (this.#closed) return
      const { onError } = this.#options
      await this.#sweepOnce().catch((error: unknown) =>
        onError(error, 'files that nobody has any more could not be removed'),
      )
      await this.#removeOldUploads().catch((error: unknown) =>
        onError(error, 'uploads that were left could not be removed'),
      )
    })
    return this.#sweeping
  }

  async #sweepOnce(): Promise<void> {
    const { db, store, now, onError } = this.#options
    const at = now()
    const dayAgo = later(at, -DAY_MS)
    await untilNone(() =>
      db
        .transaction()
        .execute((transaction) => deleteUnusedFiles(transaction, { now: at, dayAgo })),
    )
    await untilNone(() =>
      db.transaction().execute((transaction) => dropUnusedContents(transaction, at)),
    )
    for (const key of await contents.listStrays(db, now(), AT_ONCE)) {
      if (this.#closed) return
      try {
        await store.remove(key)
        await contents.forgetStray(db, key)
      } catch (error) {
        // A failure must not stop the cleaning of the others.
        await contents.postponeStray(db, key, later(now(), AGAIN_MS))
        onError(error, 'a file that nobody has any more could not be removed')
      }
    }
  }

  async #removeOldUploads(): Promise<void> {
    const { uploads } = this.#options
    for (const name of await readdir(uploads)) {
      const path = join(uploads, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
      if (Date.now() - mtimeMs > DAY_MS) await rm(path, { force: true, recursive: true })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#sweeping
  }
}
