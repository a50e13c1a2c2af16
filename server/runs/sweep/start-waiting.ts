import { findActiveRun, findNextQueued } from '../../../db/queries/runs/runs.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import type { SessionOfUser } from '../../log/transaction.ts'
import { transact } from '../../log/transaction.ts'
import type { RunDeps } from '../deps.ts'
import { startAfter } from '../start.ts'

/**
 * Starts the first run of a session that waits until other answers of its person have ended. A run with a requested
 * stop starts in any case, so that it ends.
 *
 * @returns null when it is not the session's turn any more
 */
export function startWaiting(of: SessionOfUser, deps: RunDeps): Promise<Run | null> {
  return transact(
    deps.log,
    of,
    async (transaction) => {
      const { db, sessionId, userId } = transaction
      if (!(await transaction.lock()) || (await findActiveRun(db, sessionId))) {
        return null
      }
      const next = await findNextQueued(db, sessionId)
      if (!next) {
        return null
      }
      const may =
        next.stopRequestedAt !== null || (await deps.slots?.mayStart(db, userId)) !== false
      return may ? startAfter(transaction, next, deps) : null
    },
    'answer',
  )
}
