import { keepQueuedBehind } from '../../db/branches.ts'
import type { Db } from '../../db/database.ts'
import { findMessage, messageExists, readTree } from '../../db/messages.ts'
import { type Run, findActiveRun, findRunOfAnswer, insertRun, requestStop } from '../../db/runs.ts'
import { lockSession, updateSession } from '../../db/sessions.ts'
import { MessageId, RunId, type SessionId } from '../../shared/contract/ids.ts'
import { leafUnder } from '../../shared/session/branches.ts'
import type { Appender } from '../log/port.ts'
import { wake } from './decide.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type RegenerateCommand, type SelectCommand } from './port.ts'
import type { Sent } from './send.ts'
import { addBranch, startAnswer } from './start.ts'

/** Answers the question of an assistant message anew, beside the old answer; an answer that runs is stopped first. */
export async function regenerate(
  transaction: Db,
  log: Appender,
  command: RegenerateCommand,
  sessionId: SessionId,
  deps: RunDeps,
): Promise<Sent> {
  const { userId, id, newId, model } = command
  const session = await lockSession(transaction, userId, sessionId)
  const old = await findMessage(transaction, userId, id)
  if (!session || !old) {
    throw new CommandError('NOT_FOUND', 'There is no such message.')
  }
  const questionId = old.message.parentId
  if (old.message.role !== 'assistant' || !questionId) {
    throw new CommandError(
      'BAD_REQUEST',
      'Only an answer can be regenerated; edit what you wrote instead.',
    )
  }
  const repeated = newId && (await findRepeated(transaction, command, questionId, newId))
  if (repeated) {
    return { messageId: newId, runId: repeated.id, started: null, interrupted: null }
  }
  if (session.status === 'closed') {
    await deps.presence.reopen(transaction, log, { userId, sessionId })
  }
  const active = await findActiveRun(transaction, sessionId)
  const runId = RunId.parse(deps.newId())
  const messageId = newId ?? MessageId.parse(deps.newId())
  const run = await insertRun(
    transaction,
    {
      id: runId,
      sessionId,
      userId,
      questionId,
      messageId,
      model: model ?? session.model ?? deps.settings.model,
      parentChosen: true,
      createdAt: deps.now(),
    },
    true,
  )
  if (active) {
    await requestStop(transaction, active.id, deps.now())
    const woken = await wake(transaction, log, { ...active, runId: active.id }, deps.node.id)
    return { messageId, runId, started: woken, interrupted: active.id }
  }
  if (questionId !== session.activeLeaf) {
    await addBranch(transaction, log, { userId, sessionId, leaf: questionId })
  }
  const started = await startAnswer(transaction, log, run, deps)
  return { messageId, runId, started, interrupted: null }
}

/** The run of the first regenerate with this id, if it asked the same; its answer need not have begun. */
async function findRepeated(
  transaction: Db,
  { userId, model }: RegenerateCommand,
  questionId: MessageId,
  newId: MessageId,
): Promise<Run | null> {
  const run = await findRunOfAnswer(transaction, newId)
  if (!run && !(await messageExists(transaction, newId))) {
    return null
  }
  const question = await findMessage(transaction, userId, questionId)
  // The question names the run that it came with, whose answer nobody regenerated.
  const isOther = run?.questionId !== questionId || run.id === question?.message.runId
  if (!run || isOther || (model !== undefined && model !== run.model)) {
    throw new CommandError('CONFLICT', 'This message id is taken. Regenerate with a new id.')
  }
  return run
}

/**
 * Makes the branch of a message the active one, down to its newest message. An answer that is being written goes on in
 * its own branch, and what waits stays behind it.
 */
export async function selectBranch(
  transaction: Db,
  log: Appender,
  { userId, id }: SelectCommand,
  sessionId: SessionId,
): Promise<void> {
  const session = await lockSession(transaction, userId, sessionId)
  const tree = await readTree(transaction, sessionId)
  if (!session || !tree.some((node) => node.id === id)) {
    const waiting = session && (await findMessage(transaction, userId, id))
    throw waiting
      ? new CommandError(
          'CONFLICT',
          'This message still waits for its turn: it is on no branch yet.',
        )
      : new CommandError('NOT_FOUND', 'There is no such message.')
  }
  const activeLeaf = leafUnder(tree, id)
  if (activeLeaf !== session.activeLeaf) {
    await keepQueuedBehind(transaction, sessionId, session.activeLeaf)
    await updateSession(transaction, sessionId, { activeLeaf })
    await addBranch(transaction, log, { userId, sessionId })
  }
}
