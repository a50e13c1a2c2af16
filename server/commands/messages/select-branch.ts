import { keepQueuedBehind } from '../../../db/queries/messages/branches.ts'
import { findMessage, readTree } from '../../../db/queries/messages/messages.ts'
import { updateSession } from '../../../db/queries/sessions/sessions.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { leafUnder } from '../../../shared/session/branches.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { admitChange } from '../answers/admit-answer.ts'
import { inSession, sessionOfMessage } from '../command.ts'

/**
 * Makes the branch of a message the active one, down to its newest message. A running answer goes on in its own branch,
 * and queued messages stay behind it.
 */
export const selectBranch = inSession(messages.select, {
  session: sessionOfMessage,
  admit: admitChange,
  run: async (transaction, { id }) => {
    const { db, sessionId, session, userId } = transaction
    const tree = await readTree(db, sessionId)
    if (!tree.some((node) => node.id === id)) {
      throw (await findMessage(db, userId, id))
        ? new CommandError(
            'CONFLICT',
            'This message still waits for its turn: it is on no branch yet.',
          )
        : notFound('message')
    }
    const activeLeaf = leafUnder(tree, id)
    if (activeLeaf !== session.activeLeaf) {
      await keepQueuedBehind(db, sessionId, session.activeLeaf)
      await updateSession(db, sessionId, { activeLeaf })
      await transaction.addBranch()
    }
    return { result: { id }, effects: [] }
  },
})
