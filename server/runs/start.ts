import { keepQueuedBehind } from '../../db/branches.ts'
import type { Db } from '../../db/database.ts'
import { findMessage, insertMessage, readTree, updateMessage } from '../../db/messages.ts'
import { startRun } from '../../db/run-owners.ts'
import { type Run, findNextRun } from '../../db/runs.ts'
import {
  type SessionChange,
  findSession,
  lockSession,
  readActiveLeaf,
  updateSession,
} from '../../db/sessions.ts'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import { leafUnder } from '../../shared/session/branches.ts'
import type { Appender } from '../log/port.ts'
import type { RunDeps } from './deps.ts'

type StartDeps = Pick<RunDeps, 'node' | 'now' | 'tools'>

/**
 * Starts a queued run whose question is in its place: makes the answer's message, the newest of the active branch, and
 * gives the run to this node.
 *
 * @param change what else changes of the session
 */
export async function startAnswer(
  transaction: Db,
  log: Appender,
  run: Run,
  { node, now, tools }: StartDeps,
  change: Pick<SessionChange, 'title' | 'titleSource'> = {},
): Promise<Run> {
  const createdAt = now()
  const offered = tools.offered().map(({ name }) => name)
  await startRun(transaction, run.id, { owner: node.id, now: createdAt, offered })
  const message = await insertMessage(transaction, {
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
  await updateSession(transaction, run.sessionId, {
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

/** Starts the next queued run of a session whose run just ended; null when none waits. */
export async function startNext(
  transaction: Db,
  log: Appender,
  { userId, sessionId }: { userId: UserId; sessionId: SessionId },
  deps: StartDeps,
): Promise<Run | null> {
  const next = await findNextRun(transaction, sessionId)
  if (!next) {
    return null
  }
  const activeLeaf = (await lockSession(transaction, userId, sessionId))?.activeLeaf ?? null
  const question = await readMessage(transaction, userId, next.questionId)
  const parentId = await parentOf(transaction, next, question, activeLeaf)
  // A question that is answered anew stands where it stood; one that waited goes behind its parent.
  const leaf = question.status === 'queued' ? parentId : question.id
  if (leaf !== activeLeaf) {
    if (!next.parentChosen) {
      await keepQueuedBehind(transaction, sessionId, activeLeaf)
    }
    await addBranch(transaction, log, { userId, sessionId, leaf })
  }
  await updateMessage(transaction, next.questionId, { parentId, status: 'completed' })
  log.add({ type: 'message', message: await readMessage(transaction, userId, next.questionId) })
  return startAnswer(transaction, log, next, deps)
}

/** A message that waited goes to the end of the branch that it was sent in, which need not be the active one any more. */
async function parentOf(
  transaction: Db,
  { parentChosen, sessionId }: Run,
  { parentId, status }: Message,
  activeLeaf: MessageId | null,
): Promise<MessageId | null> {
  if (parentChosen) {
    return parentId
  }
  return parentId === null || status !== 'queued'
    ? activeLeaf
    : leafUnder(await readTree(transaction, sessionId), parentId)
}

/**
 * Tells readers that the active branch is another one now.
 *
 * @param leaf where it ends, null for nowhere; as the session says when absent. What is about to be added to another
 *   branch is told after this, so that no reader sees it behind the old one.
 */
export async function addBranch(
  transaction: Db,
  log: Appender,
  {
    userId,
    sessionId,
    leaf,
  }: { userId: UserId; sessionId: SessionId; leaf?: MessageId | null | undefined },
): Promise<void> {
  log.add({
    type: 'branch',
    session: await readSession(transaction, log, userId, sessionId),
    leaf: leaf === undefined ? await readActiveLeaf(transaction, sessionId) : leaf,
  })
}

/** The session as it is after the events added so far and the one that tells of it. */
export async function readSession(
  transaction: Db,
  log: Appender,
  userId: UserId,
  sessionId: SessionId,
) {
  const session = await findSession(transaction, userId, sessionId)
  if (!session) {
    throw new Error(`session ${sessionId} is gone in the middle of a transaction on it`)
  }
  return { ...session, seq: log.nextSeq }
}

export async function readMessage(
  transaction: Db,
  userId: UserId,
  id: MessageId,
): Promise<Message> {
  const stored = await findMessage(transaction, userId, id)
  if (!stored) {
    throw new Error(`message ${id} is gone in the middle of a transaction on it`)
  }
  return stored.message
}
