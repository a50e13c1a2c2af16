import { updateMessage } from '../../../db/queries/messages/messages.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { deleteQueuedRuns, readJoined, readSteering } from '../../../db/queries/runs/steering.ts'
import type { JoinedMessage } from '../../../db/queries/runs/steering.ts'
import { updateSession } from '../../../db/queries/sessions/sessions.ts'
import type { SessionTransaction } from '../../log/transaction.ts'

/**
 * Adds the queued messages that steer a run to its answer: they become children of the answer, and no other run answers
 * them.
 *
 * @param part the index of the answer's part before which the model reads them
 * @returns the messages that joined now
 */
export async function joinAnswer(
  transaction: SessionTransaction,
  run: Pick<Run, 'id' | 'messageId' | 'sessionId'>,
  part: number,
): Promise<JoinedMessage[]> {
  const { db } = transaction
  const { id: runId, messageId, sessionId } = run
  const waiting = await readSteering(db, run)
  await deleteQueuedRuns(
    db,
    waiting.map((one) => one.runId),
  )
  await transaction.lock()
  const before = await readJoined(db, messageId)
  let leaf = before.at(-1)?.id ?? messageId
  const isHere = transaction.session.activeLeaf === leaf
  for (const { messageId: id } of waiting) {
    await updateMessage(db, id, { parentId: leaf, status: 'completed', runId, joinedPart: part })
    leaf = id
    if (isHere) {
      await transaction.addMessage(id)
    }
  }
  if (isHere) {
    await updateSession(db, sessionId, { activeLeaf: leaf })
  } else if (waiting.length > 0) {
    // The messages are not in the active branch, so readers learn from a new snapshot that they are not queued any
    // more.
    await transaction.addBranch()
  }
  return (await readJoined(db, messageId)).slice(before.length)
}
