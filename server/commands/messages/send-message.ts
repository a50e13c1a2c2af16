import {
  findMessage,
  isWithdrawn,
  messageExists,
  readQueued,
} from '../../../db/queries/messages/messages.ts'
import { findRunOfQuestion } from '../../../db/queries/runs/runs.ts'
import { updateSession } from '../../../db/queries/sessions/sessions.ts'
import type { ParsedInputOf } from '../../../shared/contract/api/declare.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { MessageId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { ClientTool, RunOptions } from '../../../shared/contract/run-options.ts'
import { CommandError } from '../../api-error.ts'
import { problemOfSchema } from '../../runs/output/check.ts'
import { admitAnswer } from '../answers/admit-answer.ts'
import { inSession } from '../command.ts'
import type { Done } from '../command.ts'
import { insertQuestion } from './insert-question.ts'
import type { Question } from './insert-question.ts'
import { saysTheSame, titleSourceOf } from './question-parts.ts'
import { requireRoom } from './queue-room.ts'
import { isPlain, sendAtOnce } from './send-at-once.ts'
import type { Sent } from './send-at-once.ts'
import { titleOf } from '../sessions/title.ts'
import type { CommandTransaction } from '../transaction.ts'

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
  runAtOnce: (context, input) => sendAtOnce(context, questionOf(input)),
  run: (transaction, input) => {
    refuseTakenNames(transaction, input.clientTools ?? [])
    return ask(transaction, questionOf(input))
  },
})

function questionOf(input: ParsedInputOf<typeof messages.send>): Question {
  const { clientTools, instructions, temperature, maxTokens, parameters, output, ...question } =
    input
  const options: RunOptions = {
    ...(clientTools && clientTools.length > 0 && { clientTools }),
    ...(instructions !== undefined && { instructions }),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(parameters && Object.keys(parameters).length > 0 && { parameters }),
    ...(output && { output }),
  }
  return { ...question, options: Object.keys(options).length > 0 ? options : null }
}

/**
 * Refuses a tool of the client with the name of a server's tool: a call has the name only, so the name decides who
 * carries it out.
 */
function refuseTakenNames({ tools, userId }: CommandTransaction, own: readonly ClientTool[]): void {
  const taken = own.find(({ name }) => tools.of(userId).info(name))
  if (taken) {
    throw new CommandError(
      'BAD_REQUEST',
      `The server has a tool named "${taken.name}" itself. Give the client's another name.`,
    )
  }
}

/** Stores a question and its run, and starts the run unless another one is going. */
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
      await announceOrder(transaction)
      return { result, effects: await transaction.stopRun(active) }
    }
    if (question.whenBusy === 'steer') {
      await announceOrder(transaction)
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

/**
 * The usual case in few statements: a question at the end of the active branch, while no run is going. Returns null in
 * any other case.
 */
async function beginAtOnce(
  transaction: CommandTransaction,
  question: Question,
): Promise<Done<Sent> | null> {
  const { session } = transaction
  if (!isPlain(question) || session.status === 'closed' || (await transaction.mustWait())) {
    return null
  }
  const { id, text } = question
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

/** Stores the question and lets it wait until other answers of this person have ended. */
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

/**
 * Sends readers the queue again when a message goes before others: by itself a reader appends a new message at its end.
 */
async function announceOrder(transaction: CommandTransaction): Promise<void> {
  if ((await readQueued(transaction.db, transaction.sessionId)).length > 1) {
    await transaction.addBranch()
  }
}

/** The result of the first send with this id, if its content was the same. */
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
  // A message that joined another run's answer has no run of its own any more.
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
