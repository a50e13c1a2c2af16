import { deleteQueued } from '../../db/messages.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import type { MessageId } from '../../shared/contract/ids.ts'
import { CommandError } from '../api-error.ts'
import { inSession } from './command.ts'
import { sessionOfMessage } from './send-message.ts'
import type { CommandTransaction } from './transaction.ts'

export const NOT_QUEUED = 'This message does not wait any more: it is being answered, or was.'

export const unqueueMessage = inSession(messages.unqueue, {
  session: sessionOfMessage,
  run: async (transaction, { id }) => {
    if ((await takeBack(transaction, id)) === 0) {
      throw new CommandError('CONFLICT', NOT_QUEUED)
    }
    return { result: { id }, effects: [] }
  },
})

/**
 * Takes back messages that wait, and the runs that were to answer them; returns how many.
 *
 * @param id one of them; all when absent
 */
export async function takeBack(transaction: CommandTransaction, id?: MessageId): Promise<number> {
  const taken = await deleteQueued(transaction.db, transaction.sessionId, id)
  if (taken > 0) {
    await transaction.addBranch()
  }
  return taken
}
