import type { NewCall } from '../../../db/queries/messages/call-rows.ts'
import { findActiveRun } from '../../../db/queries/runs/runs.ts'
import type { SessionTransaction } from '../../log/transaction.ts'

/**
 * Adds an event with a call's new state: while its answer is written, as part of the run that writes it, which may
 * continue the call's own run; later as a change of the message. The message of an answer that is being written would
 * lack the text that is only in the log yet.
 */
export async function recordCallState(
  transaction: SessionTransaction,
  stored: NewCall,
): Promise<void> {
  const run = await findActiveRun(transaction.db, transaction.sessionId)
  if (run?.messageId === stored.messageId) {
    await transaction.addCallAgain({ ...stored, runId: run.id })
  } else {
    await transaction.addMessageAgain(stored.messageId)
  }
}
