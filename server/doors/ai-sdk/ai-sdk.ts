import type { FastifyInstance, FastifyReply } from 'fastify'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { findMessage } from '../../../db/queries/messages/messages.ts'
import { findCall } from '../../../db/queries/messages/tool-calls.ts'
import { findRunOfQuestion } from '../../../db/queries/runs/runs.ts'
import { messages, runs } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { InputOf } from '../../../shared/contract/api/declare.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import type { CallId, FileId, RunId, UserId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { toHttpError } from '../../http/http-errors.ts'
import { acceptEmptyBodies, releaseBody } from '../../http/rest/bodies.ts'
import { derivedId } from '../derived-id.ts'
import { sendEvents } from '../event-stream.ts'
import type { GivenFile } from '../files/given-file.ts'
import { requireFew, storeFiles, withinTime } from '../files/store-files.ts'
import { admitDoor, takesFiles } from '../request.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { requireSendable } from '../require-sendable.ts'
import { ChatBody, readChatInput } from './chat-input.ts'
import type { ChatAnswer } from './chat-input.ts'
import { followChat } from './follow-chat.ts'
import type { From } from './follow-chat.ts'

const ById = z.object({ id: z.string().min(1).max(200) })
const Place = z.coerce.number().int().min(0).catch(-1)

/**
 * The AI SDK's UI message stream at `/api/chat`. The log has the history, so only the last message of a posted one is
 * used.
 */
export function aiSdkDoor(options: DoorOptions) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    acceptEmptyBodies(app)
    app.post('/api/chat', takesFiles(options), async (request, reply) => {
      const door = await admitDoor(options, request, reply)
      const { runId, from } = await take(door, parse(ChatBody, request.body))
      releaseBody(request)
      return stream(options, door, reply, { run: await requireRun(door, runId), from })
    })

    app.get('/api/chat/:id/stream', async (request, reply) => {
      const door = await admitDoor(options, request, reply)
      const sessionId = sessionOf(door.userId, parse(ById, request.params).id)
      const run = await lastRun(door, sessionId)
      if (!run) return reply.code(204).send()
      const { after } = parse(z.looseObject({ after: z.string().optional() }), request.query)
      const given = after ?? request.headers['last-event-id']
      const from = { after: given === undefined ? -1 : Place.parse(given) }
      return stream(options, door, reply, { run, from })
    })

    app.post('/api/chat/:id/stop', async (request, reply) => {
      const { call, userId } = await admitDoor(options, request, reply)
      return call(runs.stop, { sessionId: sessionOf(userId, parse(ById, request.params).id) })
    })
  }
}

async function take(door: DoorRequest, body: ChatBody): Promise<{ runId: RunId; from: From }> {
  const { call, userId } = door
  const sessionId = sessionOf(userId, body.id)
  if (body.trigger === 'regenerate-message') {
    const id = await answerToReplace(door, sessionId, body)
    const { runId } = await call(messages.regenerate, { id })
    return { runId, from: { after: -1 } }
  }
  const input = readChatInput(body)
  if (input.type === 'answers') return answer(door, sessionId, input.answers)
  const id = input.id === undefined ? undefined : messageOf(userId, body.id, input.id)
  const files = await filesOf(door, input.files, id)
  const message = {
    ...{ sessionId, text: input.text, keepChunks: true },
    ...(files.length > 0 && { files }),
    ...(id && { id }),
    ...(body.clientTools && body.clientTools.length > 0 && { clientTools: body.clientTools }),
    ...(body.output && { output: body.output }),
    ...(body.model !== undefined && { model: body.model }),
  }
  requireSendable(message)
  await call(sessions.create, { id: sessionId, unlessDeleted: true })
  const { runId } = await call(messages.send, message)
  return { runId, from: { after: -1 } }
}

/** The files of a message. Files of a message that is sent again are stored already and are not fetched again. */
async function filesOf(
  door: DoorRequest,
  given: readonly GivenFile[],
  id: MessageId | undefined,
): Promise<FileId[]> {
  requireFew(door, [given])
  const before =
    id && given.length > 0
      ? await findMessage(door.services.database.db, door.userId, id)
      : undefined
  const known = before ? filesIn(before.message.parts) : []
  const files =
    known.length === given.length ? known : await storeFiles(door, given, withinTime(door))
  return files.map((file) => file.id)
}

/** The answer that a page wants regenerated: the named one, the one to the named question, or the newest. */
async function answerToReplace(
  { call, services, userId }: DoorRequest,
  sessionId: SessionId,
  { id: chat, messageId }: ChatBody,
): Promise<MessageId> {
  if (messageId === undefined) {
    const page = await call(messages.list, { sessionId, limit: 20 })
    const newest = page.messages.findLast(({ role }) => role === 'assistant')
    if (!newest) throw notFound('answer')
    return newest.id
  }
  const { db } = services.database
  const found = await findMessage(db, userId, messageOf(userId, chat, messageId))
  if (found?.message.sessionId !== sessionId) throw notFound('message in this chat')
  if (found.message.role === 'assistant') return found.message.id
  // Any answer to the question will do, because all of them are siblings.
  const run = await findRunOfQuestion(db, found.message.id)
  if (!run) throw notFound('answer')
  return run.messageId
}

/** Records a page's outputs and decisions for calls of the last answer; earlier ones are not overwritten. */
async function answer(
  { call, services, userId }: DoorRequest,
  sessionId: SessionId,
  answers: readonly ChatAnswer[],
): Promise<{ runId: RunId; from: From }> {
  const { db } = services.database
  const answered = new Set<CallId>()
  const said: InputOf<typeof tools.answerAll>['answers'] = []
  let runId: RunId | null = null
  for (const one of answers) {
    const { callId } = one
    const stored = await findCall(db, userId, callId)
    if (stored?.sessionId !== sessionId) throw notFound('call in this chat')
    if (stored.call.source !== 'client' && one.type !== 'decision') continue
    runId = stored.runId
    answered.add(callId)
    if (one.type === 'decision') {
      if (stored.call.status !== 'awaiting-approval') continue
      const { approved, reason } = one
      const decision = approved ? ('approve' as const) : ('deny' as const)
      said.push({ callId, decision, ...(reason && { reason }) })
    } else if (stored.call.status === 'running') {
      said.push({
        callId,
        ...(one.type === 'error' ? { error: one.error } : { output: one.output }),
      })
    }
  }
  if (said.length > 0) await call(tools.answerAll, { answers: said })
  if (!runId) {
    const message = 'The messages end with an answer of which no call waits for anything.'
    throw new TRPCError({ code: 'BAD_REQUEST', message })
  }
  return { runId, from: { answered } }
}

/** The newest answer, running or ended; null when there is no question yet. */
async function lastRun(door: DoorRequest, sessionId: SessionId): Promise<DoorRun | null> {
  const { call } = door
  const found = await call(messages.list, { sessionId, limit: 50 }).catch((error: unknown) => {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') return null
    throw error
  })
  const last =
    found?.messages.findLast(({ role, runId }) => role === 'assistant' && runId !== null) ??
    found?.messages.findLast(({ status }) => status === 'queued')
  return last?.runId ? requireRun(door, last.runId) : null
}

async function requireRun({ services, userId }: DoorRequest, runId: RunId): Promise<DoorRun> {
  const run = await findDoorRun(services.database.db, userId, runId, 0)
  if (!run) throw notFound('answer')
  return run
}

function stream(
  { report }: DoorOptions,
  door: DoorRequest,
  reply: FastifyReply,
  { run, from }: { run: DoorRun; from: From },
): FastifyReply {
  const headers = { 'x-vercel-ai-ui-message-stream': 'v1' }
  const failed = (error: unknown) => {
    const chunk = { type: 'error', errorText: toHttpError(error).body.message }
    return [`data: ${JSON.stringify(chunk)}`, 'data: [DONE]']
  }
  return sendEvents(reply, { lines: followChat(door, run, from), failed, report, headers })
}

/** The AI SDK generates ids of its own form. Each person's ids are mapped to fixed ids of ours. */
function sessionOf(userId: UserId, id: string): SessionId {
  return SessionId.safeParse(id).data ?? SessionId.parse(derivedId(userId, 'chat', id))
}

function messageOf(userId: UserId, chat: string, id: string): MessageId {
  return (
    MessageId.safeParse(id).data ?? MessageId.parse(derivedId(userId, `message of ${chat}`, id))
  )
}

function parse<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const read = schema.safeParse(given)
  if (read.success) return read.data
  throw new TRPCError({ code: 'BAD_REQUEST', message: z.prettifyError(read.error) })
}
