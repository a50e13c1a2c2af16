import { findMessage, rateMessage } from '../../../db/queries/messages/messages.ts'
import { isActive } from '../../../shared/contract/active.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { admitChange } from '../answers/admit-answer.ts'
import { inSession, sessionOfMessage } from '../command.ts'

/** Stores a person's rating of an answer. A new rating replaces the old one, null removes it. */
export const rateAnswer = inSession(messages.rate, {
  session: sessionOfMessage,
  admit: admitChange,
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
    return { result: await transaction.addMessageAgain(id), effects: [] }
  },
})
