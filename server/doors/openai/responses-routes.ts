import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { deleteResponse, findDoorRun } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { messages, runs } from '../../../shared/contract/api/messages.ts'
import { isUnfinished } from '../../../shared/contract/active.ts'
import { notFound } from '../../api-error.ts'
import { releaseBody } from '../../http/rest/bodies.ts'
import { sendEvents } from '../event-stream.ts'
import { readResponseId } from '../ids.ts'
import { admitDoor, idempotencyKey, takesFiles } from '../request.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { CreateResponse, createResponse } from './create-response.ts'
import type { Made } from './create-response.ts'
import { DoorError, toOpenAiError } from './errors.ts'
import { followResponse, readResponse } from './follow-response.ts'
import type { NumberedEvent } from './response-events.ts'
import { inputItems } from './input-items.ts'
import { CountTokens, countInputTokens } from './input-tokens.ts'
import { Page } from './lists.ts'

const ById = z.object({ id: z.string() })
const Flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const Retrieve = z.looseObject({
  stream: Flag.optional(),
  starting_after: z.coerce.number().int().min(0).optional(),
})

/** `/v1/responses`, as OpenAI's Responses. */
export function responsesRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.post('/v1/responses', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { made, how } = await create(door, request)
    releaseBody(request)
    return how === 'stream'
      ? stream(options, door, reply, { ...made, after: -1 })
      : read(door, made, how === 'whole')
  })

  app.post('/v1/responses/input_tokens', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const tokens = await countInputTokens(door, CountTokens.parse(request.body) ?? {})
    return { object: 'response.input_tokens', input_tokens: tokens }
  })

  app.post('/v1/responses/compact', async (request, reply) => {
    await admitDoor(options, request, reply)
    // A compacted history would have no use here, because each request is fitted to its model's context.
    const message =
      'A conversation is fitted to what its model can read by itself. Go on with it by previous_response_id or conversation.'
    throw new DoorError(message, { code: 'unsupported_operation' })
  })

  app.get('/v1/responses/:id', async (request, reply) => {
    const { door, made } = await find(options, request, reply)
    const { stream: streams, starting_after: after = -1 } = Retrieve.parse(request.query)
    if (!streams) return read(door, made, false)
    // A response that the run has not reached would be a stream without events.
    if (made.segment > 0) await read(door, made, false)
    return stream(options, door, reply, { ...made, after })
  })

  app.post('/v1/responses/:id/cancel', async (request, reply) => {
    const { door, made } = await find(options, request, reply)
    const { run } = made
    if (run.status === 'queued') {
      const now = await read(door, made, false)
      const { sessionId, runId, questionId } = run
      // A run that waits without a message of its own, as a regeneration's does, is stopped.
      const { stopped } = await door.call(runs.stop, { sessionId, runId })
      if (!stopped) await door.call(messages.unqueue, { id: questionId })
      return { ...now, status: 'cancelled' }
    }
    if (!isUnfinished(run.status)) return read(door, made, false)
    await door.call(runs.stop, { sessionId: run.sessionId, runId: run.runId })
    const stopped = await read(door, made, true)
    // A response that waits for outputs is over; the stop ended the run that would have continued.
    return run.status === 'waiting' ? { ...stopped, status: 'cancelled' } : stopped
  })

  app.delete('/v1/responses/:id', async (request, reply) => {
    const { door, made } = await find(options, request, reply)
    door.requireWrite()
    const { database, now } = door.services
    await deleteResponse(database.db, made.run.runId, made.segment, now())
    return { id: ById.parse(request.params).id, object: 'response', deleted: true }
  })

  app.get('/v1/responses/:id/input_items', async (request, reply) => {
    const { door, made } = await find(options, request, reply)
    return inputItems(door, made, Page.parse(request.query))
  })
}

/** Makes a response, and returns how the client wants to receive it. */
async function create(
  door: DoorRequest,
  request: FastifyRequest,
): Promise<{ made: Made; how: 'stream' | 'whole' | 'begun' }> {
  const body = CreateResponse.parse(request.body)
  const made = await createResponse(door, body, idempotencyKey(request))
  return { made, how: body.stream ? 'stream' : body.background ? 'begun' : 'whole' }
}

async function find(
  options: DoorOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ door: DoorRequest; made: Made }> {
  const door = await admitDoor(options, request, reply)
  const named = readResponseId(ById.parse(request.params).id)
  const { db } = door.services.database
  const run: DoorRun | null =
    named && (await findDoorRun(db, door.userId, named.runId, named.segment))
  if (!named || !run || run.deletedAt) throw notFound('response')
  return { door, made: { run, segment: named.segment } }
}

async function read(
  { services, signal }: DoorRequest,
  { run, segment }: Made,
  whole: boolean,
): Promise<Record<string, unknown>> {
  const response = await readResponse(services, run, segment, signal, whole)
  if (!response) throw notFound('response')
  return response
}

function stream(
  { report }: DoorOptions,
  { services, signal }: DoorRequest,
  reply: FastifyReply,
  { run, segment, after }: Made & { after: number },
): FastifyReply {
  let last = Math.max(after, 0)
  async function* lines(): AsyncGenerator<string, void, void> {
    for await (const said of followResponse(services, run, segment, signal)) {
      const events = after < 0 ? said : said.filter((event) => event.sequence_number > after)
      last = events.at(-1)?.sequence_number ?? last
      if (events.length > 0) yield events.map(toLine).join('\n\n')
    }
    yield DONE
  }
  const failed = (error: unknown) => {
    const { message, code, param, type } = toOpenAiError(error).body.error
    // OpenAI has these fields at the top, Open Responses has them in `error`.
    const said = { message, code, param, error: { type, code, message, param } }
    // The number is that of the event before, so that a client that resumes after it misses nothing.
    return [toLine({ type: 'error', ...said, sequence_number: last }), DONE]
  }
  return sendEvents(reply, { lines: lines(), failed, report })
}

function toLine(event: NumberedEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}`
}

/** Open Responses requires it; OpenAI's clients know it from Chat Completions. */
const DONE = 'data: [DONE]'
