import type { Db } from '../../db/engine/database.ts'
import { lockRunsOf } from '../../db/queries/limits/run-slots.ts'
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
    const known = this.#ample(userId, more, limit)
    const bytes = known?.bytes ?? (await measureStoredBytes(this.#db, userId))
    const fits = bytes + more <= limit
    this.#remember(userId, { bytes: fits ? bytes + more : bytes, at: known?.at ?? this.#now() })
    return fits
  }

  /**
   * The same in the transaction that stores them: where room is scarce, the others of this person wait until it ends,
   * and are measured with it. What `haveRoom` counted is not counted again.
   */
  async stillHaveRoom(
    transaction: Db,
    userId: UserId,
    more: number,
    limit: number,
  ): Promise<boolean> {
    if (this.#ample(userId, 0, limit)) return true
    await lockRunsOf(transaction, userId)
    const bytes = await measureStoredBytes(transaction, userId)
    this.#remember(userId, { bytes: bytes + more, at: this.#now() })
    return bytes + more <= limit
  }

  /** What was measured, where it is fresh and leaves ample room. */
  #ample(userId: UserId, more: number, limit: number): Measured | null {
    const known = this.#measured.get(userId)
    const isFresh = known !== undefined && Math.abs(this.#now() - known.at) < FRESH_MS
    return isFresh && known.bytes + more + AMPLE <= limit ? known : null
  }

  #remember(userId: UserId, measured: Measured): void {
    if (this.#measured.size >= MOST_REMEMBERED) {
      this.#measured.clear()
    }
    this.#measured.set(userId, measured)
  }
}
