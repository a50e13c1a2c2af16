import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { findRun } from '../../../db/queries/runs/runs.ts'
import { isActive } from '../../../shared/contract/active.ts'
import type { SessionTransaction } from '../../log/transaction.ts'

/** Adds an event with a call's new state: as part of its run, or after the run's end as a change of the message. */
export async function recordCallState(
  transaction: SessionTransaction,
  stored: NewCall,
): Promise<void> {
  const run = await findRun(transaction.db, stored.runId)
  if (run && isActive(run)) {
    await transaction.addCallAgain(stored)
  } else {
    await transaction.addMessageAgain(stored.messageId)
  }
}
