import type { Db } from '../../db/engine/database.ts'
import { countRunsOf, findStartable, lockRunsOf } from '../../db/queries/limits/run-slots.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'

/** How many runs of one person go on at once. */
export type RunSlots = {
  /**
   * Whether another run of this person may start in this transaction, before those that wait already: nobody else can
   * start one of theirs until it ends.
   */
  mayStart(transaction: Db, userId: UserId): Promise<boolean>
  /**
   * As above, unless others of theirs wait, whose turn it is.
   *
   * @param except a session in which what waits is what wants to start
   */
  mayStartNext(transaction: Db, userId: UserId, except?: SessionId): Promise<boolean>
  /** Notes that a run has to wait. */
  noteHeld(): void
  /** Sessions in which a run may start that waited, in a fair order; of this person or of everybody. */
  startable(limit: number, userId?: UserId): Promise<{ sessionId: SessionId; userId: UserId }[]>
}

/**
 * Counts the runs that are going in the rows of the runs themselves, so that a takeover, a restart or a node that dies
 * changes nothing. A run that waits for a person to decide is none of them.
 *
 * @param runsAtOnce of those for whom an administrator set nothing else; null is without limit
 * @param onHeld is told of each run that has to wait
 */
export function createRunSlots(db: Db, runsAtOnce: number | null, onHeld: () => void): RunSlots {
  async function count(transaction: Db, userId: UserId, except: SessionId | null = null) {
    const own = await lockRunsOf(transaction, userId)
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
