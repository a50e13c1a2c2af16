import type { Db } from '../../db/database.ts'
import {
  findMessage,
  insertMessage,
  measureQueue,
  messageExists,
  readQueued,
} from '../../db/messages.ts'
import {
  type Run,
  findActiveRun,
  findRunOfQuestion,
  insertRun,
  requestStop,
} from '../../db/runs.ts'
import { lockSession, updateSession } from '../../db/sessions.ts'
import { MessageId, RunId, type SessionId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { Appender } from '../log/port.ts'
import { wake } from './decide.ts'
import type { RunDeps } from './deps.ts'
import { CommandError, type SendCommand } from './port.ts'
import { addBranch, readSession, startAnswer } from './start.ts'
import { titleOf } from './title.ts'

export type Sent = {
  messageId: MessageId
  runId: RunId
  /** The run to drive now: the answer's own if it starts at once, or one that waited for a person and is to end. */
  started: Run | null
  /** The run whose stop is recorded, if this message interrupts it. */
  interrupted: RunId | null
}

type Session = NonNullable<Awaited<ReturnType<typeof lockSession>>>

/** Stores the message and its run in the caller's transaction, and starts the run unless another is going. */
export async function sendMessage(
  transaction: Db,
  log: Appender,
  command: SendCommand,
  deps: RunDeps,
): Promise<Sent> {
  const { userId, sessionId, text, whenBusy } = command
  const session = await lockSession(transaction, userId, sessionId)
  if (!session) {
    throw new CommandError('NOT_FOUND', 'There is no such session.')
  }
  const repeated = command.id && (await findRepeated(transaction, command, command.id))
  if (repeated) {
    return { ...repeated, started: null, interrupted: null }
  }
  if (session.status === 'closed') {
    await deps.presence.reopen(transaction, log, command)
  }
  const active = await findActiveRun(transaction, sessionId)
  if (active && whenBusy === 'reject') {
    throw new CommandError(
      'CONFLICT',
      'An answer is running in this session. Stop it, or send with whenBusy "queue".',
    )
  }
  if (active) {
    await requireRoom(transaction, sessionId, text)
  }
  const { run, message } = await insertQuestion(transaction, log, command, session, active, deps)
  if (active) {
    await updateSession(transaction, sessionId, { updatedAt: message.createdAt })
    log.add({ type: 'message', message })
    const interrupted = whenBusy === 'interrupt' ? active.id : null
    let woken: Run | null = null
    if (interrupted) {
      await requestStop(transaction, active.id, deps.now())
      // It goes before what waits already, where a reader would not put a message that is new.
      if ((await readQueued(transaction, sessionId)).length > 1) {
        await addBranch(transaction, log, { userId, sessionId })
      }
      woken = await wake(transaction, log, { ...active, runId: active.id }, deps.node.id)
    }
    return { messageId: run.questionId, runId: run.id, started: woken, interrupted }
  }
  const { parentId: leaf } = command
  if (leaf !== undefined && leaf !== session.activeLeaf) {
    await addBranch(transaction, log, { userId, sessionId, leaf })
  }
  log.add({ type: 'message', message })
  const change =
    session.title === null ? ({ title: titleOf(text), titleSource: 'rule' } as const) : {}
  const started = await startAnswer(transaction, log, run, deps, change)
  if (session.title === null) {
    log.add({ type: 'session', session: await readSession(transaction, log, userId, sessionId) })
  }
  return { messageId: run.questionId, runId: run.id, started, interrupted: null }
}

/** Every reader of the session holds what waits in it. */
const LONGEST_QUEUE = { count: 100, length: 1_000_000 }

async function requireRoom(transaction: Db, sessionId: SessionId, text: string): Promise<void> {
  const { count, length } = await measureQueue(transaction, sessionId)
  if (count >= LONGEST_QUEUE.count || length + text.length > LONGEST_QUEUE.length) {
    throw new CommandError(
      'TOO_MANY_REQUESTS',
      `Too much waits in this session already: ${LONGEST_QUEUE.count} messages, or ` +
        `${LONGEST_QUEUE.length.toLocaleString('en')} characters, may. Wait for answers, or take messages back.`,
    )
  }
}

/** The answer to the first send with this id, if it said the same. */
async function findRepeated(
  transaction: Db,
  { userId, sessionId, text }: SendCommand,
  id: MessageId,
): Promise<{ messageId: MessageId; runId: RunId } | null> {
  if (!(await messageExists(transaction, id))) {
    return null
  }
  const known = await findMessage(transaction, userId, id)
  if (!known) {
    throw new CommandError('CONFLICT', 'This message id is taken. Send with a new id.')
  }
  const { message } = known
  const said = message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const run = await findRunOfQuestion(transaction, id)
  if (message.sessionId !== sessionId || message.role !== 'user' || said !== text || !run) {
    throw new CommandError(
      'CONFLICT',
      'This message id was used for another text. Send with a new id.',
    )
  }
  return { messageId: id, runId: run.id }
}

async function insertQuestion(
  transaction: Db,
  log: Appender,
  command: SendCommand,
  session: Session,
  active: Run | null,
  { now, newId, settings }: RunDeps,
): Promise<{ run: Run; message: Message }> {
  const { userId, sessionId, text } = command
  if (command.parentId) {
    const parent = await findMessage(transaction, userId, command.parentId)
    if (parent?.message.sessionId !== sessionId) {
      throw new CommandError('NOT_FOUND', 'There is no such parent message in this session.')
    }
    if (parent.message.status === 'queued') {
      throw new CommandError('CONFLICT', 'The parent message still waits for its turn.')
    }
  }
  const questionId = command.id ?? MessageId.parse(newId())
  const runId = RunId.parse(newId())
  const createdAt = now()
  // Who has selected another branch than that of the answer under way goes on with what they see.
  const isAside = active !== null && active.messageId !== session.activeLeaf
  const message = await insertMessage(transaction, {
    id: questionId,
    sessionId,
    userId,
    parentId:
      command.parentId === undefined && (isAside || !active)
        ? session.activeLeaf
        : (command.parentId ?? null),
    role: 'user',
    parts: [{ type: 'text', text }],
    partsSeq: log.nextSeq,
    status: active ? 'queued' : 'completed',
    runId,
    model: null,
    createdAt,
  })
  const run = await insertRun(
    transaction,
    {
      id: runId,
      sessionId,
      userId,
      questionId,
      messageId: MessageId.parse(newId()),
      model: session.model ?? settings.model,
      parentChosen: command.parentId !== undefined,
      createdAt,
    },
    command.whenBusy === 'interrupt',
  )
  return { run, message }
}
