import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { messages } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { notFound } from '../../api-error.ts'
import { storeSaid } from '../files/said.ts'
import { conversationId, hex, readConversationId } from '../ids.ts'
import { admitDoor, takesFiles } from '../request.ts'
import type { DoorOptions } from '../request.ts'
import { callItem } from './call-items.ts'
import { sessionOf } from './history.ts'
import { fileContent, listOf } from './input-items.ts'
import { readResponseInput } from './response-input.ts'
import { textItem } from './text-items.ts'

const Create = z.looseObject({ items: z.array(z.unknown()).nullish() }).nullish()
const List = z.looseObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
})

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
    const { call } = await admitDoor(options, request, reply)
    const { limit, order } = List.parse(request.query)
    const page = await call(messages.list, { sessionId: idOf(request), limit })
    const items = page.messages.flatMap(toItems)
    return listOf(order === 'asc' ? items : items.toReversed(), page.hasOlder)
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

function toItems({ id, role, parts }: Message) {
  return parts.flatMap((part, index) => {
    const itemId = `msg_${hex(id)}_${index}`
    if (part.type === 'file') {
      return [
        {
          type: 'message',
          id: itemId,
          role,
          status: 'completed',
          content: [fileContent(part.file)],
        },
      ]
    }
    if (part.type === 'tool') {
      const { call } = part
      if (call.source !== 'client') return [callItem('server', call, call.status)]
      const output = { type: 'function_call_output', id: `fco_${hex(call.id)}` }
      const asked = callItem('function', call, 'completed')
      return call.status === 'running'
        ? [asked]
        : [asked, { ...output, call_id: asked.call_id, output: call.output ?? call.error ?? null }]
    }
    if (role === 'user') {
      const content = [{ type: 'input_text', text: part.text }]
      return [{ type: 'message', id: itemId, role, status: 'completed', content }]
    }
    const text = { part: index, kind: part.type, text: part.text, id: itemId, index }
    return [textItem(text, 'completed')]
  })
}
