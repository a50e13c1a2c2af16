import { findFiles } from '../../../db/queries/files/files.ts'
import type { Db } from '../../../db/engine/database.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { FileId, UserId } from '../../../shared/contract/ids.ts'

/** The interval of checking, in case the notification of another node was lost. Milliseconds. */
const POLL_MS = 1_000

/** Waits for files that are being read by any node. */
export class SettledFiles {
  readonly #db: Db
  readonly #waiting = new Set<() => void>()

  constructor(db: Db) {
    this.#db = db
  }

  /** A file was read: all who wait check theirs. */
  told(): void {
    for (const wake of this.#waiting) wake()
  }

  /**
   * Resolves with the files when none of them is being read any more, or when the signal aborts; without those that do
   * not exist.
   */
  async settled(userId: UserId, ids: readonly FileId[], signal: AbortSignal): Promise<File[]> {
    for (;;) {
      const { promise: told, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      // This comes before the first check, so that no notification is lost in between.
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
      const poll = setTimeout(wake, POLL_MS)
      try {
        const files = (await findFiles(this.#db, userId, ids)).map(({ file }) => file)
        const isOver = files.every(({ status }) => status !== 'processing') || signal.aborted
        if (isOver) return files
        await told
      } finally {
        clearTimeout(poll)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
      }
    }
  }
}
