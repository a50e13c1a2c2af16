import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readMetadata, writeMetadata } from '../../../db/queries/doors/conversations.ts'
import { readMessages } from '../../../db/queries/messages/messages.ts'
import { messages as declared } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { notFound } from '../../api-error.ts'
import { storeSaid } from '../files/said.ts'
import { conversationId, readConversationId } from '../ids.ts'
import { admitDoor, takesFiles } from '../request.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { conversationItem, conversationItems, itemsOf } from './conversation-items.ts'
import { DoorError } from './errors.ts'
import { sessionOf } from './posted/session-of.ts'
import { listOf, Page } from './lists.ts'
import { Metadata } from './metadata.ts'
import { postedMessages } from './posted/posted-messages.ts'
import { readConversationItems } from './posted/response-input.ts'

const Create = z
  .looseObject({ items: z.array(z.unknown()).nullish(), metadata: Metadata.nullish() })
  .nullish()
/** The bound is OpenAI's own. */
const Add = z.looseObject({ items: z.array(z.unknown()).min(1).max(20) })
const Update = z.looseObject({ metadata: Metadata.nullable() })

/** `/v1/conversations`: a conversation is a session. */
export function conversationsRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.post('/v1/conversations', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { call, services } = door
    const { items, metadata } = Create.parse(request.body) ?? {}
    const made = await begin(door, items ?? [])
    if (metadata) await writeMetadata(services.database.db, door.userId, made, metadata)
    return read(door, await call(sessions.get, { id: made }))
  })

  app.get('/v1/conversations/:id', async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    return read(door, await door.call(sessions.get, { id: idOf(request) }))
  })

  app.post('/v1/conversations/:id', async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const session = await door.call(sessions.get, { id: idOf(request) })
    door.requireWrite()
    const { metadata } = Update.parse(request.body)
    await writeMetadata(door.services.database.db, door.userId, session.id, metadata ?? {})
    return read(door, session)
  })

  app.delete('/v1/conversations/:id', async (request, reply) => {
    const { call } = await admitDoor(options, request, reply)
    const { id } = await call(sessions.delete, { id: idOf(request) })
    return { id: conversationId(id), object: 'conversation.deleted', deleted: true }
  })

  app.get('/v1/conversations/:id/items', async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const page = Page.parse(request.query)
    const { id } = await door.call(sessions.get, { id: idOf(request) })
    return conversationItems(door, id, page)
  })

  app.get('/v1/conversations/:id/items/:itemId', async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { id } = await door.call(sessions.get, { id: idOf(request) })
    return conversationItem(door, id, OfItem.parse(request.params).itemId)
  })

  app.post('/v1/conversations/:id/items', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { id } = await door.call(sessions.get, { id: idOf(request) })
    const { items } = Add.parse(request.body)
    const made = await append(door, id, items)
    const added = await readMessages(door.services.database.db, id, made)
    const byId = new Map(added.map(({ message }) => [message.id, message]))
    const data = made.flatMap((messageId) => byId.get(messageId) ?? []).flatMap(itemsOf)
    return listOf(data, false)
  })

  app.delete('/v1/conversations/:id/items/:itemId', async (request, reply) => {
    const { call } = await admitDoor(options, request, reply)
    await call(sessions.get, { id: idOf(request) })
    // Single events are never removed from the log, because other readers have them.
    const message =
      'What was said in a conversation stays in it. Delete the conversation as a whole instead.'
    throw new DoorError(message, { code: 'unsupported_operation' })
  })
}

/** Adds messages from elsewhere to a conversation. None of them is answered. */
async function append(
  door: DoorRequest,
  sessionId: SessionId,
  items: readonly unknown[],
): Promise<MessageId[]> {
  const { history, instructions } = readConversationItems(items)
  if (instructions.length > 0) {
    const message = 'Instructions cannot be added to a conversation. Send them with a response.'
    throw new DoorError(message, { param: 'items' })
  }
  const { said } = await storeSaid(door, history)
  const messages = postedMessages(said, door.services.now(), true)
  return (await door.call(declared.append, { sessionId, messages })).messageIds
}

const OfItem = z.object({ itemId: z.string().max(200) })

/** Makes the session with the posted messages in it. */
async function begin(door: DoorRequest, items: readonly unknown[]): Promise<SessionId> {
  const { call, services } = door
  if (items.length === 0) return (await call(sessions.create, {})).id
  const { history, instructions } = readConversationItems(items)
  const { said } = await storeSaid(door, history)
  const systemPrompt = instructions.length > 0 ? instructions.join('\n\n') : null
  return sessionOf(call, said, { now: services.now(), systemPrompt })
}

async function read({ services, userId }: DoorRequest, session: Session) {
  const metadata = await readMetadata(services.database.db, userId, session.id)
  return toConversation(session, metadata)
}

function idOf({ params }: FastifyRequest): SessionId {
  const id = readConversationId(z.object({ id: z.string() }).parse(params).id)
  if (!id) throw notFound('conversation')
  return id
}

function toConversation({ id, createdAt }: Session, metadata: Record<string, string>) {
  return {
    id: conversationId(id),
    object: 'conversation',
    created_at: Math.floor(Date.parse(createdAt) / 1000),
    metadata,
  }
}
