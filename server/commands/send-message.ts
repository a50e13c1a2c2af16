import {
  findMessage,
  insertMessage,
  isWithdrawn,
  messageExists,
  readQueued,
} from '../../db/queries/messages/messages.ts'
import { findRunOfQuestion } from '../../db/queries/runs/runs.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import { readJoined } from '../../db/queries/runs/steering.ts'
import { updateSession } from '../../db/queries/sessions/sessions.ts'
import { messages } from '../../shared/contract/api/messages.ts'
import { MessageId, RunId } from '../../shared/contract/ids.ts'
import type { FileId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { ClientTool, RunOptions } from '../../shared/contract/run-options.ts'
import { addFilesToMessage } from '../../db/queries/files/files.ts'
import { CommandError, notFound } from '../api-error.ts'
import { problemOfSchema } from '../runs/output/check.ts'
import { admitAnswer } from './admit-answer.ts'
import { inSession } from './command.ts'
import type { Done } from './command.ts'
import { requireFiles } from './files-of-message.ts'
import { partsOf, saysTheSame, titleSourceOf } from './question-parts.ts'
import { requireRoom } from './queue-room.ts'
import { titleOf } from './title.ts'
import type { CommandTransaction } from './transaction.ts'

type Question = {
  id?: MessageId | undefined
  text: string
  files?: readonly FileId[] | undefined
  /** The message that this one answers; the newest of the active branch when absent, none when null. */
  parentId?: MessageId | null | undefined
  /** The behaviour while an answer runs. */
  whenBusy: 'queue' | 'interrupt' | 'reject' | 'steer'
  /** The model of this answer; the session's when absent. */
  model?: string | undefined
  options?: RunOptions | null
  keepChunks?: boolean | undefined
}

type Sent = { messageId: MessageId; runId: RunId }

export const sendMessage = inSession(messages.send, {
  session: (_db, _user, { sessionId }) => sessionId,
  admit: ({ db, limits, requester }, { id, text }) =>
    admitAnswer(id, text.length, { db, limits, requester }),
  check: async ({ output }) => {
    const problem = output?.schema && (await problemOfSchema(output.schema))
    if (problem) {
      throw new CommandError('BAD_REQUEST', `output.schema: no answer can be checked: ${problem}`)
    }
  },
  run: (
    transaction,
    { clientTools, instructions, temperature, maxTokens, output, ...question },
  ) => {
    refuseTakenNames(transaction, clientTools ?? [])
    const options: RunOptions = {
      ...(clientTools && clientTools.length > 0 && { clientTools }),
      ...(instructions !== undefined && { instructions }),
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { maxTokens }),
      ...(output && { output }),
    }
    const hasOptions = Object.keys(options).length > 0
    return ask(transaction, { ...question, options: hasOptions ? options : null })
  },
})

/** A call names its tool alone: whose it is must be certain. */
function refuseTakenNames({ tools, userId }: CommandTransaction, own: readonly ClientTool[]): void {
  const taken = own.find(({ name }) => tools.of(userId).info(name))
  if (taken) {
    throw new CommandError(
      'BAD_REQUEST',
      `The server has a tool named "${taken.name}" itself. Give the client's another name.`,
    )
  }
}

/** Stores a question and the run that is to answer it, and starts that unless another is going. */
export async function ask(
  transaction: CommandTransaction,
  question: Question,
): Promise<Done<Sent>> {
  const { db, log, sessionId, session } = transaction
  const begun = await beginAtOnce(transaction, question)
  if (begun) {
    return begun
  }
  const repeated = question.id && (await findRepeated(transaction, question, question.id))
  if (repeated) {
    return { result: repeated, effects: [] }
  }
  if (question.id && (await isWithdrawn(db, question.id))) {
    throw new CommandError(
      'PRECONDITION_FAILED',
      'This message was taken back while it waited. Send with a new id to ask it after all.',
    )
  }
  const active = await transaction.open()
  if (active && question.whenBusy === 'reject') {
    throw new CommandError(
      'CONFLICT',
      'An answer is running in this session. Stop it, or send with whenBusy "queue".',
    )
  }
  const mustWait = !active && (await transaction.mustWait())
  if (active || mustWait) {
    await requireRoom(transaction, question.text)
  }
  const { run, message } = await insertQuestion(transaction, question, active, mustWait)
  const result = { messageId: run.questionId, runId: run.steers ?? run.id }
  if (mustWait) {
    await holdBack(transaction, message, titleSourceOf(message))
    return { result, effects: [] }
  }
  if (active) {
    await updateSession(db, sessionId, { updatedAt: message.createdAt })
    log.add({ type: 'message', message })
    if (question.whenBusy === 'interrupt') {
      await tellOrder(transaction)
      return { result, effects: await transaction.stopRun(active) }
    }
    if (question.whenBusy === 'steer') {
      await tellOrder(transaction)
    }
    return { result, effects: [] }
  }
  const { parentId: leaf } = question
  if (leaf !== undefined && leaf !== session.activeLeaf) {
    await transaction.addBranch(leaf)
  }
  log.add({ type: 'message', message })
  if (session.title !== null) {
    return { result, effects: await transaction.startAnswer(run) }
  }
  const effects = await transaction.startAnswer(run, {
    title: titleOf(titleSourceOf(message)),
    titleSource: 'rule',
  })
  await transaction.addSession()
  return { result, effects }
}

/** As nearly every question is asked: at the end of its branch, while nothing is going. Null for any other. */
async function beginAtOnce(
  transaction: CommandTransaction,
  { id, text, files, parentId, model, options, keepChunks }: Question,
): Promise<Done<Sent> | null> {
  const { session } = transaction
  const isPlain =
    model === undefined &&
    !options &&
    keepChunks === undefined &&
    (files === undefined || files.length === 0)
  if (
    !isPlain ||
    parentId !== undefined ||
    session.status === 'closed' ||
    (await transaction.mustWait())
  ) {
    return null
  }
  const questionId = id ?? MessageId.parse(transaction.newId())
  const title = session.title === null ? titleOf(text) : null
  const run = await transaction.askAtOnce(questionId, text, title)
  if (!run) {
    return null
  }
  if (title !== null) {
    await transaction.addSession()
  }
  return { result: { messageId: questionId, runId: run.id }, effects: [{ type: 'drive', run }] }
}

/** The question waits, without an answer before it in its session: until others of this person have ended. */
async function holdBack(
  transaction: CommandTransaction,
  message: Message,
  text: string,
): Promise<void> {
  const { db, log, sessionId, session } = transaction
  const title = session.title === null ? titleOf(text) : null
  await updateSession(db, sessionId, {
    updatedAt: message.createdAt,
    ...(title !== null && { title, titleSource: 'rule' as const }),
  })
  log.add({ type: 'message', message })
  if (title !== null) {
    await transaction.addSession()
  }
  transaction.noteWait()
}

/** Tells readers the order of what waits, where one goes before others: they would put a new message behind them. */
async function tellOrder(transaction: CommandTransaction): Promise<void> {
  if ((await readQueued(transaction.db, transaction.sessionId)).length > 1) {
    await transaction.addBranch()
  }
}

/** The answer to the first send with this id, if it said the same. */
async function findRepeated(
  { db, userId, sessionId }: CommandTransaction,
  { text, files = [] }: Question,
  id: MessageId,
): Promise<Sent | null> {
  if (!(await messageExists(db, id))) {
    return null
  }
  const known = await findMessage(db, userId, id)
  if (!known) {
    throw new CommandError('CONFLICT', 'This message id is taken. Send with a new id.')
  }
  const { message } = known
  const run = await findRunOfQuestion(db, id)
  // One that joined an answer has no run of its own any more.
  const runId = run ? (run.steers ?? run.id) : message.runId
  const isSame = message.role === 'user' && saysTheSame(message, text, files)
  if (message.sessionId !== sessionId || !isSame || !runId) {
    throw new CommandError(
      'CONFLICT',
      'This message id was used for another text. Send with a new id.',
    )
  }
  return { messageId: id, runId }
}

async function insertQuestion(
  transaction: CommandTransaction,
  { id, text, files = [], parentId, whenBusy, model, options, keepChunks }: Question,
  active: Run | null,
  mustWait: boolean,
): Promise<{ run: Run; message: Message }> {
  const { db, log, sessionId, userId, session } = transaction
  if (parentId) {
    await requireParent(transaction, parentId)
  }
  const attached = await requireFiles(transaction, files)
  const runId = RunId.parse(transaction.newId())
  // A user who has selected another branch than the running answer's continues the selected one.
  const isOnOtherBranch = active !== null && !(await isLeaf(transaction, active))
  const message = await insertMessage(db, {
    id: id ?? MessageId.parse(transaction.newId()),
    sessionId,
    userId,
    parentId:
      parentId === undefined && (isOnOtherBranch || !active)
        ? session.activeLeaf
        : (parentId ?? null),
    role: 'user',
    parts: partsOf(text, attached),
    partsSeq: log.nextSeq,
    status: active || mustWait ? 'queued' : 'completed',
    runId,
    model: null,
    createdAt: transaction.now(),
  })
  await addFilesToMessage(db, { messageId: message.id, sessionId }, files)
  const run = await transaction.queueRun(
    {
      ...{ id: runId, questionId: message.id, parentChosen: parentId !== undefined },
      ...(model !== undefined && { model }),
      options: options ?? null,
      keepsChunks: keepChunks !== undefined,
      forgetsChunks: keepChunks === false,
      ...(active && whenBusy === 'steer' && { steers: active.id }),
    },
    whenBusy === 'interrupt' || whenBusy === 'steer',
  )
  return { run, message }
}

/** True when the active branch ends with this run's answer, and with what joined it. */
async function isLeaf({ db, session }: CommandTransaction, { messageId }: Run): Promise<boolean> {
  const { activeLeaf } = session
  return (
    activeLeaf === messageId ||
    (await readJoined(db, messageId)).some(({ id }) => id === activeLeaf)
  )
}

async function requireParent(
  { db, userId, sessionId }: CommandTransaction,
  id: MessageId,
): Promise<void> {
  const parent = await findMessage(db, userId, id)
  if (parent?.message.sessionId !== sessionId) {
    throw notFound('parent message in this session')
  }
  if (parent.message.status === 'queued') {
    throw new CommandError('CONFLICT', 'The parent message still waits for its turn.')
  }
}
