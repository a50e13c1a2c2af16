import type { Db } from '../../db/engine/database.ts'
import { lockLimitsOf } from '../../db/queries/limits/run-slots.ts'
import { measureStoredBytes } from '../../db/queries/limits/stored-bytes.ts'
import type { UserId } from '../../shared/contract/ids.ts'

/** People with more room than this are measured only once a minute: nobody stores that much in a minute. Bytes. */
const AMPLE = 64 * 1024 * 1024
const FRESH_MS = 60_000
/**
 * Beside ample room, so much is not measured: with the requests that a person has in a minute (600 unless set otherwise),
 * all of it together is less than `AMPLE`, on whatever nodes it is stored. Bytes.
 */
const LITTLE = 100_000
const MOST_REMEMBERED = 10_000

type Measured = { bytes: number; at: number }

/**
 * The stored bytes of each person. They are measured in the rows themselves, so that nothing that adds or deletes some
 * can be forgotten; for people with ample room once a minute.
 */
export class StoredBytes {
  readonly #db: Db
  readonly #now: () => number
  readonly #measured = new Map<UserId, Measured>()
  /** For guests: the id of the limits that they share. */
  readonly #pools = new Map<UserId, UserId>()

  /** @param now milliseconds since the epoch */
  constructor(db: Db, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** True when so many more bytes are within the limit. */
  async haveRoom(userId: UserId, more: number, limit: number): Promise<boolean> {
    const known = this.#ample(userId, more, limit)
    const bytes = known?.bytes ?? (await this.#measure(this.#db, userId))
    const fits = bytes + more <= limit
    this.#remember(userId, { bytes: fits ? bytes + more : bytes, at: known?.at ?? this.#now() })
    return fits
  }

  /**
   * The same in the transaction that stores them: if room is scarce, other transactions of this person wait until it
   * ends, and are measured with it. What `haveRoom` counted is not counted again.
   */
  async stillHaveRoom(
    transaction: Db,
    userId: UserId,
    more: number,
    limit: number,
  ): Promise<boolean> {
    if (this.#ample(userId, 0, limit)) return true
    return this.#measureWith(transaction, userId, more, limit)
  }

  /**
   * True when what this transaction has stored is within the limit, together with everything else of this person. It is
   * measured unless it is little and there is ample room; if it is measured, other transactions of this person wait
   * until this one ends.
   *
   * @param stored the bytes that the transaction has stored at the most; `Infinity` when that is not known
   */
  async isWithin(transaction: Db, userId: UserId, stored: number, limit: number): Promise<boolean> {
    const known = stored <= LITTLE ? this.#ample(userId, stored, limit) : null
    if (known) {
      this.#remember(userId, { bytes: known.bytes + stored, at: known.at })
      return true
    }
    return this.#measureWith(transaction, userId, 0, limit)
  }

  /** Measures behind the lock of the person's limits, and says if so many more bytes are within the limit. */
  async #measureWith(
    transaction: Db,
    userId: UserId,
    more: number,
    limit: number,
  ): Promise<boolean> {
    await lockLimitsOf(transaction, userId)
    const bytes = await this.#measure(transaction, userId)
    this.#remember(userId, { bytes: bytes + more, at: this.#now() })
    return bytes + more <= limit
  }

  async #measure(db: Db, userId: UserId): Promise<number> {
    const { bytes, pool } = await measureStoredBytes(db, userId)
    if (this.#pools.size >= MOST_REMEMBERED) this.#pools.clear()
    if (pool) this.#pools.set(userId, pool)
    else this.#pools.delete(userId)
    return bytes
  }

  /** The last measurement, if it is recent and leaves ample room. */
  #ample(userId: UserId, more: number, limit: number): Measured | null {
    const known = this.#measured.get(this.#pools.get(userId) ?? userId)
    const isFresh = known !== undefined && Math.abs(this.#now() - known.at) < FRESH_MS
    return isFresh && known.bytes + more + AMPLE <= limit ? known : null
  }

  #remember(userId: UserId, measured: Measured): void {
    if (this.#measured.size >= MOST_REMEMBERED) {
      this.#measured.clear()
    }
    this.#measured.set(this.#pools.get(userId) ?? userId, measured)
  }
}
