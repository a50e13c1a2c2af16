import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { notFound } from '../../api-error.ts'
import { storeSaid } from '../files/said.ts'
import { conversationId, readConversationId } from '../ids.ts'
import { admitDoor, takesFiles } from '../request.ts'
import type { DoorOptions } from '../request.ts'
import { conversationItems } from './conversation-items.ts'
import { sessionOf } from './history.ts'
import { Page } from './lists.ts'
import { readResponseInput } from './response-input.ts'

const Create = z.looseObject({ items: z.array(z.unknown()).nullish() }).nullish()

/** `/v1/conversations`: a session is one. */
export function conversationsRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.post('/v1/conversations', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { call, services } = door
    const items = Create.parse(request.body)?.items ?? []
    if (items.length === 0) return toConversation(await call(sessions.create, {}))
    const { history, question } = readResponseInput(items)
    const { said } = await storeSaid(door, [...history, ...(question ? [question] : [])])
    const id = await sessionOf(call, said, { now: services.now() })
    return toConversation(await call(sessions.get, { id }))
  })

  app.get('/v1/conversations/:id', async (request, reply) => {
    const { call } = await admitDoor(options, request, reply)
    return toConversation(await call(sessions.get, { id: idOf(request) }))
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
}

function idOf({ params }: FastifyRequest): SessionId {
  const id = readConversationId(z.object({ id: z.string() }).parse(params).id)
  if (!id) throw notFound('conversation')
  return id
}

function toConversation({ id, createdAt }: Session) {
  return {
    id: conversationId(id),
    object: 'conversation',
    created_at: Math.floor(Date.parse(createdAt) / 1000),
    metadata: {},
  }
}
