import { deleteQueued } from '../../../db/queries/messages/messages.ts'
import { findActiveRun, requestStopOfWaiting } from '../../../db/queries/runs/runs.ts'
import { dropTitleOfNothing } from '../../../db/queries/sessions/session-texts.ts'
import { messages, runs } from '../../../shared/contract/api/messages.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import { CommandError } from '../../api-error.ts'
import { inSession, sessionOfMessage } from '../command.ts'
import type { CommandTransaction } from '../transaction.ts'

/**
 * Stops the run with this id if it is going, or waits without a message of its own. Queued messages are answered next,
 * unless they are cleared.
 */
export const stopRun = inSession(runs.stop, {
  session: (_db, _user, { sessionId }) => sessionId,
  urgency: 'answer',
  run: async (transaction, { sessionId, runId, clearQueue }) => {
    const { db, userId } = transaction
    if (clearQueue) {
      await takeBack(transaction)
    }
    const active = await findActiveRun(db, sessionId)
    const isGoing = active !== null && (!runId || active.id === runId)
    const effects = isGoing ? await transaction.stopRun(active) : []
    const isAsked = clearQueue || (runId !== undefined && !isGoing)
    const isWaiting =
      isAsked &&
      (await requestStopOfWaiting(db, sessionId, transaction.now(), clearQueue ? undefined : runId))
    return {
      result: { stopped: isGoing || isWaiting },
      effects: isWaiting ? [...effects, { type: 'start-waiting', userId }] : effects,
    }
  },
})

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
 * Removes queued messages and their runs; returns how many.
 *
 * @param id of one queued message; all when absent
 */
async function takeBack(transaction: CommandTransaction, id?: MessageId): Promise<number> {
  const taken = await deleteQueued(transaction.db, transaction.sessionId, id)
  if (taken > 0) {
    // What was taken back is not to be read in the list of sessions either.
    await dropTitleOfNothing(transaction.db, transaction.sessionId)
    await transaction.addBranch()
  }
  return taken
}
