import type { Db } from '../../db/database.ts'
import { deleteQueued, findMessage, updateMessage } from '../../db/messages.ts'
import { lockSession } from '../../db/sessions.ts'
import type { MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { Appender } from '../log/port.ts'
import { CommandError } from './port.ts'
import { addBranch, readMessage } from './start.ts'

/**
 * Takes back messages of a session that wait, and the runs that were to answer them.
 *
 * @param id one of them; all when absent
 */
export async function unqueue(
  transaction: Db,
  log: Appender,
  userId: UserId,
  sessionId: SessionId,
  id?: MessageId,
): Promise<number> {
  const taken = await deleteQueued(transaction, sessionId, id)
  if (taken > 0) {
    await addBranch(transaction, log, { userId, sessionId })
  }
  return taken
}

/** Gives a message that waits another text; null when it does not wait. */
export async function editQueued(
  transaction: Db,
  log: Appender,
  message: Message,
  userId: UserId,
  text: string,
): Promise<{ messageId: MessageId; runId: RunId } | null> {
  await lockSession(transaction, userId, message.sessionId)
  const current = (await findMessage(transaction, userId, message.id))?.message
  if (current?.status !== 'queued' || !current.runId) {
    return null
  }
  const parts = { stored: [{ type: 'text' as const, text }], seq: log.nextSeq }
  await updateMessage(transaction, current.id, { parts })
  log.add({ type: 'message', message: await readMessage(transaction, userId, current.id) })
  return { messageId: current.id, runId: current.runId }
}

/** @throws {CommandError} when there is no such message of this person */
export async function requireMessage(db: Db, userId: UserId, id: MessageId): Promise<Message> {
  const found = await findMessage(db, userId, id)
  if (!found) {
    throw new CommandError('NOT_FOUND', 'There is no such message.')
  }
  return found.message
}
