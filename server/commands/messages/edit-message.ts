import { addFilesToMessage, removeFilesOfMessage } from '../../../db/queries/files/files.ts'
import {
  findMessage,
  isWithdrawn,
  updateMessage,
  withdrawId,
} from '../../../db/queries/messages/messages.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { admitAnswer } from '../answers/admit-answer.ts'
import { inSession, sessionOfMessage } from '../command.ts'
import { requireFiles } from './files-of-message.ts'
import { partsOf, saysTheSame } from './question-parts.ts'
import { requireRoom } from './queue-room.ts'
import { ask } from './send-message.ts'
import { NOT_QUEUED } from '../answers/stop-run.ts'

/**
 * Changes the text of a queued message in place. Any other message gets a sibling with the new text, which is answered.
 */
export const editMessage = inSession(messages.edit, {
  session: sessionOfMessage,
  admit: (context, { newId, text }) => admitAnswer(newId, text.length, context),
  run: async (transaction, { id, newId, text, files: given, onlyQueued }) => {
    const { db, log, userId } = transaction
    const message = (await findMessage(db, userId, id))?.message
    if (!message) {
      throw notFound('message')
    }
    if (message.role !== 'user') {
      throw new CommandError('BAD_REQUEST', 'Only what a person wrote can be edited.')
    }
    const own = filesIn(message.parts)
    const files = given ?? own.map((file) => file.id)
    if (message.status === 'queued' && message.runId) {
      await requireRoom(transaction, text, message)
      const kept = own.map((file) => ({ type: 'file' as const, file }))
      const attached = given ? await requireFiles(transaction, given) : kept
      const parts = { stored: partsOf(text, attached), seq: log.nextSeq }
      await updateMessage(db, id, { parts })
      if (given) {
        await removeFilesOfMessage(db, id)
        await addFilesToMessage(db, { messageId: id, sessionId: message.sessionId }, given)
      }
      if (newId) {
        await withdrawId(db, message.sessionId, newId)
      }
      await transaction.addMessageAgain(id)
      return { result: { messageId: id, runId: message.runId }, effects: [] }
    }
    // The message was changed in place when this was asked first, and has begun since: it is not asked once more.
    const isRepeated = newId && saysTheSame(message, text, files) && (await isWithdrawn(db, newId))
    if (isRepeated && message.runId) {
      return { result: { messageId: id, runId: message.runId }, effects: [] }
    }
    if (onlyQueued) {
      throw new CommandError('CONFLICT', NOT_QUEUED)
    }
    const { parentId } = message
    return ask(transaction, { id: newId, text, files, parentId, whenBusy: 'interrupt' })
  },
})
