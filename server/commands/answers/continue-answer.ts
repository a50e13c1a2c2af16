import { findMessage, hasFollowers } from '../../../db/queries/messages/messages.ts'
import { findOpenRunOfAnswer, findRun } from '../../../db/queries/runs/runs.ts'
import { readJoined } from '../../../db/queries/runs/steering.ts'
import { updateSession } from '../../../db/queries/sessions/sessions.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import type { Message } from '../../../shared/contract/message.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { admitAnswer } from './admit-answer.ts'
import { inSession, sessionOfMessage } from '../command.ts'

/** Continues an answer that was cut: another run writes on in the same message. */
export const continueAnswer = inSession(messages.continue, {
  session: sessionOfMessage,
  admit: (context) => admitAnswer(undefined, 0, context),
  run: async (transaction, { id }) => {
    const { db, userId, session, sessionId } = transaction
    const message = (await findMessage(db, userId, id))?.message
    if (!message) {
      throw notFound('message')
    }
    if (message.role !== 'assistant') {
      throw new CommandError('BAD_REQUEST', 'Only an answer can be continued.')
    }
    const open = await findOpenRunOfAnswer(db, id)
    // A run that is being stopped writes nothing more: who asks now would wait for an answer that only ends.
    if (open?.stopRequestedAt) {
      throw new CommandError(
        'CONFLICT',
        'This answer is being stopped. Continue it when it has ended.',
      )
    }
    if (open && open.baseParts !== null) {
      return { result: { messageId: id, runId: open.id }, effects: [] }
    }
    const old = message.runId && (await findRun(db, message.runId))
    if (open || !isCut(message) || !old) {
      throw new CommandError('CONFLICT', whyNot(message))
    }
    const leaf = (await readJoined(db, id)).at(-1)?.id ?? id
    if (await hasFollowers(db, leaf)) {
      throw new CommandError(
        'CONFLICT',
        'The conversation went on after this answer. Ask for the rest in a new message.',
      )
    }
    if (await transaction.open()) {
      throw new CommandError(
        'CONFLICT',
        'An answer is running in this session. Stop it, or wait for its end.',
      )
    }
    const mustWait = await transaction.mustWait()
    const run = await transaction.queueRun(
      {
        questionId: old.questionId,
        messageId: id,
        parentChosen: true,
        baseParts: message.parts.length,
        options: old.options,
        ...(message.model !== null && { model: message.model }),
      },
      true,
    )
    const result = { messageId: id, runId: run.id }
    if (mustWait) {
      transaction.noteWait()
      return { result, effects: [] }
    }
    if (leaf !== session.activeLeaf) {
      await updateSession(db, sessionId, { activeLeaf: leaf })
      await transaction.addBranch(leaf)
    }
    return { result, effects: await transaction.continueAnswer(run) }
  },
})

function isCut({ status, finish }: Message): boolean {
  return status === 'completed'
    ? finish === 'length' || finish === 'max-steps'
    : status === 'stopped' || status === 'failed' || status === 'interrupted'
}

function whyNot({ status }: Message): string {
  return status === 'completed'
    ? 'This answer is complete. Ask for more in a new message.'
    : 'This answer is still being written.'
}
