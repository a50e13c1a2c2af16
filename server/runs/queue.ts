import type { Db } from '../../db/connect.ts'
import { deleteQueued } from '../../db/messages.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Appender } from '../log/port.ts'
import { addBranch } from './start.ts'

/** Takes back every message of a session that still waits, and the runs that were to answer them. */
export async function clearQueue(
  transaction: Db,
  log: Appender,
  userId: UserId,
  sessionId: SessionId,
): Promise<void> {
  if ((await deleteQueued(transaction, sessionId)) > 0) {
    await addBranch(transaction, log, userId, sessionId)
  }
}
