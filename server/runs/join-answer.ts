import { updateMessage } from '../../db/queries/messages/messages.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { deleteQueuedRuns, readJoined, readSteering } from '../../db/queries/runs/steering.ts'
import type { JoinedMessage } from '../../db/queries/runs/steering.ts'
import { updateSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionTransaction } from '../log/transaction.ts'

/**
 * Takes the messages that wait to join a run's answer into it: they stand behind the answer, and nothing else answers
 * them.
 *
 * @param part of the answer, before which they are told to the model
 * @returns those that joined with this
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
    // Their branch is not looked at: readers are told that they wait no more.
    await transaction.addBranch()
  }
  return (await readJoined(db, messageId)).slice(before.length)
}
