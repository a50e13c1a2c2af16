import { keepQueuedBehind } from '../../db/queries/messages/branches.ts'
import type { FirstDrive } from '../../db/queries/runs/first-drives.ts'
import {
  asRead,
  continueMessage,
  insertMessage,
  readTree,
  updateMessage,
} from '../../db/queries/messages/messages.ts'
import type { NewMessage } from '../../db/queries/messages/messages.ts'
import { startRun } from '../../db/queries/runs/run-owners.ts'
import type { NewRun, Run } from '../../db/queries/runs/runs.ts'
import { readJoined } from '../../db/queries/runs/steering.ts'
import { updateSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionChange } from '../../db/queries/sessions/sessions.ts'
import type { MessageId, RunId, UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import { leafUnder } from '../../shared/session/branches.ts'
import type { AppendedEvent } from '../log/events.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { RunDeps } from './deps.ts'

type StartDeps = Pick<RunDeps, 'now' | 'tools'> & { node: Pick<RunDeps['node'], 'id'> }

/**
 * Starts a queued run whose question is at its final place: makes the answer's message, the newest of the active
 * branch, and gives the run to this node.
 *
 * @param change further changes of the session's row
 */
export async function startAnswer(
  { db, log }: SessionTransaction,
  run: Run,
  { node, now, tools }: StartDeps,
  change: Pick<SessionChange, 'title' | 'titleSource'> = {},
): Promise<Run> {
  const createdAt = now()
  const offered = offeredNames(tools, run.userId)
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

/**
 * Starts a queued run that continues an answer of the active branch: this run writes the answer's message from now on.
 */
export async function continueAnswer(
  transaction: SessionTransaction,
  run: Run,
  { node, now, tools }: StartDeps,
): Promise<Run> {
  const { db, log } = transaction
  const { id: runId, messageId } = run
  const offered = offeredNames(tools, run.userId)
  await startRun(db, runId, { owner: node.id, now: now(), offered })
  await continueMessage(db, messageId, { runId, seq: log.nextSeq })
  const message = await transaction.readMessage(messageId)
  const keepParts = message.parts.length
  const start = { type: 'start', runId, messageId, message, attempt: 1, keepParts } as const
  await transaction.addContinuation(start)
  return { ...run, status: 'running', owner: node.id, attempt: 1, offered }
}

/** An answer that starts at once: what is stored of it, its events, and its run as it is then. */
export type FirstStart = { drive: FirstDrive; events: readonly FirstEvent[]; run: Run }
type FirstEvent = { event: AppendedEvent; runId: RunId | null }

/**
 * A question at the end of the active branch whose answer starts at once.
 *
 * @param nextSeq the `seq` of its first event
 * @param title for a session that gets its title with this question
 */
export function firstStart(
  run: NewRun,
  question: Pick<NewMessage, 'parentId' | 'parts'>,
  nextSeq: number,
  title: string | null,
  { node, tools }: Pick<StartDeps, 'node' | 'tools'>,
): FirstStart {
  const { sessionId, userId, createdAt } = run
  const common = { sessionId, userId, runId: run.id, createdAt }
  const asked: NewMessage = {
    ...{ ...common, ...question, id: run.questionId },
    role: 'user',
    partsSeq: nextSeq,
    status: 'completed',
    model: null,
  }
  const answer: NewMessage = {
    ...{ ...common, id: run.messageId, parentId: run.questionId, parts: [] },
    role: 'assistant',
    partsSeq: nextSeq + 1,
    status: 'running',
    model: run.model,
  }
  const offered = offeredNames(tools, userId)
  const { id: runId, messageId } = run
  const message = asRead(answer)
  const { createdAt: _, keepsChunks: __, forgetsChunks: ___, ...known } = run
  return {
    drive: { run, question: asked, answer, owner: node.id, offered, title },
    events: [
      { event: { type: 'message', message: asRead(asked) }, runId: null },
      { event: { type: 'start', runId, messageId, message, attempt: 1, keepParts: 0 }, runId },
    ],
    run: {
      ...known,
      ...{ status: 'running', owner: node.id, attempt: 1, stopRequestedAt: null, offered },
      options: known.options ?? null,
      steers: null,
      baseParts: null,
      generation: null,
    },
  }
}

/** Starts the queued run behind one that just ended. */
export async function startAfter(
  transaction: SessionTransaction,
  next: Run,
  deps: StartDeps,
): Promise<Run> {
  const { db, sessionId } = transaction
  await transaction.lock()
  const { activeLeaf } = transaction.session
  if (next.baseParts !== null) {
    const end = (await readJoined(db, next.messageId)).at(-1)?.id ?? next.messageId
    if (end !== activeLeaf) {
      await keepQueuedBehind(db, sessionId, activeLeaf)
      await updateSession(db, sessionId, { activeLeaf: end })
      await transaction.addBranch(end)
    }
    return continueAnswer(transaction, next, deps)
  }
  const question = await transaction.readMessage(next.questionId)
  const parentId = await parentOf(transaction, next, question)
  // A question that is answered again keeps its place; one that was queued becomes a child of its parent.
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

/** A queued message goes to the end of the branch in which it was sent, which may not be the active one any more. */
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

/** The names of the tools that the model gets in this person's run. */
function offeredNames(tools: StartDeps['tools'], userId: UserId): string[] {
  return tools
    .of(userId)
    .offered()
    .map(({ name }) => name)
}
