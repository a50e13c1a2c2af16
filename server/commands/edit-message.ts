import { findMessage, updateMessage } from '../../db/messages.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import { CommandError, notFound } from '../api-error.ts'
import { inSession } from './command.ts'
import { ask, sessionOfMessage } from './send-message.ts'
import { NOT_QUEUED } from './unqueue-message.ts'

export const editMessage = inSession(messages.edit, {
  session: sessionOfMessage,
  run: async (transaction, { id, newId, text, onlyQueued }) => {
    const { db, log, userId } = transaction
    const message = (await findMessage(db, userId, id))?.message
    if (!message) {
      throw notFound('message')
    }
    if (message.role !== 'user') {
      throw new CommandError('BAD_REQUEST', 'Only what a person wrote can be edited.')
    }
    if (message.status === 'queued' && message.runId) {
      const parts = { stored: [{ type: 'text' as const, text }], seq: log.nextSeq }
      await updateMessage(db, id, { parts })
      await transaction.addMessage(id)
      return { result: { messageId: id, runId: message.runId }, effects: [] }
    }
    if (onlyQueued) {
      throw new CommandError('CONFLICT', NOT_QUEUED)
    }
    const { parentId } = message
    return ask(transaction, { id: newId, text, parentId, whenBusy: 'interrupt' })
  },
})
