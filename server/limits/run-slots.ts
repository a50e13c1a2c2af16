import type { Db } from '../../db/engine/database.ts'
import { countRunsOf, findStartable, lockLimitsOf } from '../../db/queries/limits/run-slots.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'

/** Limits how many runs of one person go on at the same time. */
export type RunSlots = {
  /**
   * True when another run of this person may start in this transaction, before those that wait already. Until it ends
   * no other transaction can start one.
   */
  mayStart(transaction: Db, userId: UserId): Promise<boolean>
  /**
   * The same, unless other runs of the person wait, which come first.
   *
   * @param except a session whose waiting run is the one that wants to start
   */
  mayStartNext(transaction: Db, userId: UserId, except?: SessionId): Promise<boolean>
  /** Counts that a run has to wait. */
  noteHeld(): void
  /** Sessions whose waiting run may start, in a fair order; of this person or of everybody. */
  startable(limit: number, userId?: UserId): Promise<{ sessionId: SessionId; userId: UserId }[]>
}

/**
 * Counts the runs that are going in their own rows, so that a takeover, a restart or the end of a node changes nothing.
 * A run that waits for a person's decision does not count.
 *
 * @param runsAtOnce the limit of people without one of their own; null is no limit
 * @param onHeld is called for each run that has to wait
 */
export function createRunSlots(db: Db, runsAtOnce: number | null, onHeld: () => void): RunSlots {
  async function count(transaction: Db, userId: UserId, except: SessionId | null = null) {
    const own = await lockLimitsOf(transaction, userId)
    const most = own?.runsAtOnce === undefined ? runsAtOnce : own.runsAtOnce
    const { running, waits } = await countRunsOf(transaction, userId, except)
    return { isFree: most === null || running < Math.floor(most), waits }
  }

  return {
    mayStart: async (transaction, userId) => (await count(transaction, userId)).isFree,
    mayStartNext: async (transaction, userId, except) => {
      const { isFree, waits } = await count(transaction, userId, except)
      return isFree && !waits
    },
    noteHeld: onHeld,
    startable: (limit, userId) =>
      findStartable(db, { runsAtOnce, limit, ...(userId && { userId }) }),
  }
}
