import { findMessage, messageExists } from '../../../db/queries/messages/messages.ts'
import { findRunOfAnswer, findRunOfQuestion } from '../../../db/queries/runs/runs.ts'
import type { Run } from '../../../db/queries/runs/runs.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { admitAnswer } from './admit-answer.ts'
import { inSession, sessionOfMessage } from '../command.ts'
import type { CommandTransaction } from '../transaction.ts'

/** Answers a question again with a sibling of the old answer. A running answer is stopped first. */
export const regenerateAnswer = inSession(messages.regenerate, {
  session: sessionOfMessage,
  admit: (context, { newId }) => admitAnswer(newId, 0, context),
  run: async (transaction, { id, newId, model }) => {
    const old = await findMessage(transaction.db, transaction.userId, id)
    if (!old) {
      throw notFound('message')
    }
    const questionId = old.message.parentId
    if (old.message.role !== 'assistant' || !questionId) {
      throw new CommandError(
        'BAD_REQUEST',
        'Only an answer can be regenerated; edit what you wrote instead.',
      )
    }
    const repeated = newId && (await findRepeated(transaction, questionId, newId, model))
    if (repeated) {
      return { result: { messageId: newId, runId: repeated.id }, effects: [] }
    }
    const active = await transaction.open()
    const mustWait = !active && (await transaction.mustWait())
    const first = await findRunOfQuestion(transaction.db, questionId)
    const run = await transaction.queueRun(
      {
        questionId,
        parentChosen: true,
        options: first?.options ?? null,
        ...(newId && { messageId: newId }),
        ...(model !== undefined && { model }),
      },
      true,
    )
    const result = { messageId: run.messageId, runId: run.id }
    if (active) {
      return { result, effects: await transaction.stopRun(active) }
    }
    if (mustWait) {
      transaction.noteWait()
      return { result, effects: [] }
    }
    if (questionId !== transaction.session.activeLeaf) {
      await transaction.addBranch(questionId)
    }
    return { result, effects: await transaction.startAnswer(run) }
  },
})

/** The run of the first request with this id, if it was about the same question; its answer may not have begun. */
async function findRepeated(
  { db, userId }: CommandTransaction,
  questionId: MessageId,
  newId: MessageId,
  model: string | undefined,
): Promise<Run | null> {
  const run = await findRunOfAnswer(db, newId)
  if (!run && !(await messageExists(db, newId))) {
    return null
  }
  const question = await findMessage(db, userId, questionId)
  // The run that the question was sent with is no repetition: nobody asked to regenerate that answer.
  const isOther = run?.questionId !== questionId || run.id === question?.message.runId
  if (!run || isOther || (model !== undefined && model !== run.model)) {
    throw new CommandError('CONFLICT', 'This message id is taken. Regenerate with a new id.')
  }
  return run
}
