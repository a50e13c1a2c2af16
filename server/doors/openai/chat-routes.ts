import type { FastifyInstance } from 'fastify'
import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { notFound } from '../../api-error.ts'
import { sendEvents } from '../event-stream.ts'
import { storeSaid } from '../files/said.ts'
import { admitDoor, takesFiles } from '../request.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { chatChunks, toCompletion } from './chat-output.ts'
import { CreateChat, readChatInput } from './chat-input.ts'
import { goOn } from './create-response.ts'
import type { Made } from './create-response.ts'
import { DoorError } from './errors.ts'
import { followResponse, readResponse } from './follow-response.ts'
import { sessionOf } from './history.ts'
import { readOutputFormat } from './output-format.ts'
import { readFunctionTools } from './tools.ts'

/** `/v1/chat/completions`: the history that is posted becomes a session, whose question is its last message. */
export function chatRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.post('/v1/chat/completions', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const body = CreateChat.parse(request.body)
    const { run, segment } = await begin(door, body)
    const { services, signal } = door
    if (body.stream) {
      const withUsage = body.stream_options?.include_usage === true
      const events = followResponse(services, run, segment, signal)
      return sendEvents(reply, chatChunks(run, events, withUsage))
    }
    const response = await readResponse(services, run, segment, signal, true)
    if (!response) throw notFound('answer')
    return toCompletion(run, response)
  })
}

async function begin(door: DoorRequest, body: CreateChat): Promise<Made> {
  if ((body.n ?? 1) > 1) throw new DoorError('Only one choice is supported.', { param: 'n' })
  const { call, services, userId } = door
  const { db } = services.database
  const input = readChatInput(body)
  if (input.question === null) {
    const { runId, segment } = await goOn(door, input)
    const run = await findDoorRun(db, userId, runId, segment)
    if (!run) throw notFound('answer')
    return { run, segment }
  }
  const { question } = input
  const { said } = await storeSaid(door, [...input.history, question])
  const files = said.at(-1)?.files.map(({ id }) => id) ?? []
  const clientTools = readFunctionTools(body.tools ?? [], body.tool_choice)
  const output = readOutputFormat(body.response_format, 'response_format')
  const most = body.max_completion_tokens ?? body.max_tokens
  const { runId } = await call(messages.send, {
    sessionId: await sessionOf(call, said.slice(0, -1), { now: services.now(), archived: true }),
    text: question.text,
    ...(files.length > 0 && { files }),
    ...(clientTools.length > 0 && { clientTools }),
    ...(input.instructions !== '' && { instructions: input.instructions }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof most === 'number' && { maxTokens: most }),
    ...(output && { output }),
    ...(body.model && body.model !== 'default' && { model: body.model }),
  })
  const run = await findDoorRun(db, userId, runId, 0)
  if (!run) throw notFound('answer')
  return { run, segment: 0 }
}
