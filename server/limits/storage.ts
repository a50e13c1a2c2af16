import type { Db } from '../../db/engine/database.ts'
import { measureStoredBytes } from '../../db/queries/limits/stored-bytes.ts'
import type { UserId } from '../../shared/contract/ids.ts'

/** Who has more room than this is not measured anew for a minute: that much is not said meanwhile. Bytes. */
const AMPLE = 64 * 1024 * 1024
const FRESH_MS = 60_000
const MOST_REMEMBERED = 10_000

type Measured = { bytes: number; at: number }

/**
 * How much each person has stored. It is measured in the messages themselves, so that nothing that adds or deletes any
 * can be forgotten; for those with ample room once a minute.
 */
export class StoredBytes {
  readonly #db: Db
  readonly #now: () => number
  readonly #measured = new Map<UserId, Measured>()

  /** @param now milliseconds since the epoch */
  constructor(db: Db, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** Whether so many bytes more are within the limit. */
  async haveRoom(userId: UserId, more: number, limit: number): Promise<boolean> {
    const known = this.#measured.get(userId)
    const isFresh = known !== undefined && Math.abs(this.#now() - known.at) < FRESH_MS
    const usable = isFresh && known.bytes + more + AMPLE <= limit
    const bytes = usable ? known.bytes : await measureStoredBytes(this.#db, userId)
    const at = usable ? known.at : this.#now()
    const fits = bytes + more <= limit
    if (this.#measured.size >= MOST_REMEMBERED) {
      this.#measured.clear()
    }
    this.#measured.set(userId, { bytes: fits ? bytes + more : bytes, at })
    return fits
  }
}
