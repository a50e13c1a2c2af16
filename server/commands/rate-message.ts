import { findMessage, rateMessage } from '../../db/queries/messages/messages.ts'
import { isActive } from '../../shared/contract/active.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import { CommandError, notFound } from '../api-error.ts'
import { inSession, sessionOfMessage } from './command.ts'

/** Keeps what a person thinks of an answer; another rating takes its place, null takes it back. */
export const rateAnswer = inSession(messages.rate, {
  session: sessionOfMessage,
  run: async (transaction, { id, rating, comment }) => {
    const { db, userId } = transaction
    const found = await findMessage(db, userId, id)
    if (!found) {
      throw notFound('message')
    }
    if (found.message.role !== 'assistant') {
      throw new CommandError('BAD_REQUEST', 'Only an answer can be rated.')
    }
    if (isActive(found.message)) {
      throw new CommandError(
        'CONFLICT',
        'This answer is still being written. Rate it when it has ended.',
      )
    }
    await rateMessage(db, id, rating, rating === null ? null : (comment ?? null))
    await transaction.addMessage(id)
    return { result: await transaction.readMessage(id), effects: [] }
  },
})
