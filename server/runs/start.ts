import { keepQueuedBehind } from '../../db/queries/messages/branches.ts'
import { insertMessage, readTree, updateMessage } from '../../db/queries/messages/messages.ts'
import { startRun } from '../../db/queries/runs/run-owners.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { updateSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionChange } from '../../db/queries/sessions/sessions.ts'
import type { MessageId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import { leafUnder } from '../../shared/session/branches.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { RunDeps } from './deps.ts'

type StartDeps = Pick<RunDeps, 'now' | 'tools'> & { node: Pick<RunDeps['node'], 'id'> }

/**
 * Starts a queued run whose question is in its place: makes the answer's message, the newest of the active branch, and
 * gives the run to this node.
 *
 * @param change what else changes of the session
 */
export async function startAnswer(
  { db, log }: SessionTransaction,
  run: Run,
  { node, now, tools }: StartDeps,
  change: Pick<SessionChange, 'title' | 'titleSource'> = {},
): Promise<Run> {
  const createdAt = now()
  const offered = tools.offered().map(({ name }) => name)
  await startRun(db, run.id, { owner: node.id, now: createdAt, offered })
  const message = await insertMessage(db, {
    id: run.messageId,
    sessionId: run.sessionId,
    userId: run.userId,
    parentId: run.questionId,
    role: 'assistant',
    parts: [],
    partsSeq: log.nextSeq,
    status: 'running',
    runId: run.id,
    model: run.model,
    createdAt,
  })
  await updateSession(db, run.sessionId, {
    ...change,
    activeLeaf: run.messageId,
    updatedAt: createdAt,
  })
  log.add(
    { type: 'start', runId: run.id, messageId: run.messageId, message, attempt: 1, keepParts: 0 },
    run.id,
  )
  return { ...run, status: 'running', owner: node.id, attempt: 1, offered }
}

/** Starts the run that waited behind one that just ended. */
export async function startAfter(
  transaction: SessionTransaction,
  next: Run,
  deps: StartDeps,
): Promise<Run> {
  const { db, sessionId } = transaction
  await transaction.lock()
  const { activeLeaf } = transaction.session
  const question = await transaction.readMessage(next.questionId)
  const parentId = await parentOf(transaction, next, question)
  // A question that is answered anew stands where it stood; one that waited goes behind its parent.
  const leaf = question.status === 'queued' ? parentId : question.id
  if (leaf !== activeLeaf) {
    if (!next.parentChosen) {
      await keepQueuedBehind(db, sessionId, activeLeaf)
    }
    await transaction.addBranch(leaf)
  }
  await updateMessage(db, next.questionId, { parentId, status: 'completed' })
  await transaction.addMessage(next.questionId)
  return startAnswer(transaction, next, deps)
}

/** A message that waited goes to the end of the branch that it was sent in, which need not be the active one any more. */
async function parentOf(
  { db, session }: SessionTransaction,
  { parentChosen, sessionId }: Run,
  { parentId, status }: Message,
): Promise<MessageId | null> {
  if (parentChosen) {
    return parentId
  }
  return parentId === null || status !== 'queued'
    ? session.activeLeaf
    : leafUnder(await readTree(db, sessionId), parentId)
}
