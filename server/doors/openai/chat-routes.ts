import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findDoorRun } from '../../../db/queries/doors/responses.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { releaseBody } from '../../http/rest/bodies.ts'
import { sendEvents } from '../event-stream.ts'
import { storeSaid } from '../files/said.ts'
import { admitDoor, idempotencyKey, takesFiles } from '../request.ts'
import type { DoorOptions, DoorRequest } from '../request.ts'
import { askOnce } from './ask-once.ts'
import type { Asking } from './ask-once.ts'
import {
  chatChunks,
  chatFailure,
  eventsOfCompletion,
  toCompletion,
  waitsForApproval,
} from './chat-output.ts'
import { CreateChat, readChatInput } from './posted/chat-input.ts'
import type { ChatInput } from './posted/chat-input.ts'
import { goOn } from './create-response.ts'
import type { Made } from './create-response.ts'
import { DoorError } from './errors.ts'
import { followResponse, readResponse } from './follow-response.ts'
import { sessionOf } from './posted/session-of.ts'
import { readOutputFormat } from './output-format.ts'
import { readParameters, refuseUnsupported } from './parameters.ts'
import { readFunctionTools } from './tools.ts'

/** `/v1/chat/completions`: the posted history becomes a session, and its last message the question. */
export function chatRoutes(app: FastifyInstance, options: DoorOptions): void {
  app.post('/v1/chat/completions', takesFiles(options), async (request, reply) => {
    const door = await admitDoor(options, request, reply)
    const { made, streams, withUsage } = await create(door, request)
    releaseBody(request)
    const { run, segment } = made
    const { services, signal } = door
    if (streams) {
      const follow = (at: number) => followResponse(services, run, at, signal)
      const events = eventsOfCompletion(follow, segment)
      const lines = chatChunks(run, events, withUsage)
      return sendEvents(reply, { lines, failed: chatFailure, report: options.report })
    }
    const response = await readWhole(door, made)
    if (!response) throw notFound('answer')
    return toCompletion(run, response)
  })
}

/** The responses of a completion as one: each but the last ended because a person had to approve calls. */
async function readWhole(
  { services, signal }: Pick<DoorRequest, 'services' | 'signal'>,
  { run, segment }: Made,
): Promise<Record<string, unknown> | null> {
  const response = await readResponse(services, run, segment, signal, true)
  if (!response || !waitsForApproval(response)) return response
  const rest = await readWhole({ services, signal }, { run, segment: segment + 1 })
  return rest && { ...rest, output: [response.output, rest.output].flat() }
}

/** Begins a completion, and returns how the client wants to receive it. */
async function create(door: DoorRequest, request: FastifyRequest) {
  const body = CreateChat.parse(request.body)
  const made = await begin(door, body, idempotencyKey(request))
  const withUsage = body.stream_options?.include_usage === true
  return { made, streams: body.stream === true, withUsage }
}

async function begin(door: DoorRequest, body: CreateChat, key: string | null): Promise<Made> {
  if ((body.n ?? 1) !== 1) throw new DoorError('Only one choice is supported.', { param: 'n' })
  refuseUnsupported(body, 'chat')
  const input = readChatInput(body)
  const { question } = input
  const { runId, segment } = question
    ? { segment: 0, runId: await askOnce(door, 'completion', key, question.text, ask) }
    : await goOn(door, input.answered)
  const run = await findDoorRun(door.services.database.db, door.userId, runId, segment)
  if (!run) throw notFound('answer')
  return { run, segment }

  async function ask({ id, takeBack }: Asking): Promise<RunId> {
    const options = optionsOf(body, input)
    const { said } = await storeSaid(door, [...input.history, ...(question ? [question] : [])])
    const last = said.at(-1)
    const now = door.services.now()
    const sessionId = await sessionOf(door.call, said.slice(0, -1), { now, archived: true })
    takeBack(sessionId)
    const { runId } = await door.call(messages.send, {
      ...{ ...options, sessionId, text: last?.text ?? '' },
      ...(last && last.files.length > 0 && { files: last.files.map((file) => file.id) }),
      ...(id && { id }),
    })
    return runId
  }
}

/** The options of the answer from the request. */
function optionsOf(body: CreateChat, { instructions }: ChatInput) {
  const clientTools = readFunctionTools(body.tools ?? [])
  const parameters = readParameters(
    body,
    clientTools.map(({ name }) => name),
  )
  const output = readOutputFormat(body.response_format, 'response_format')
  const most = body.max_completion_tokens ?? body.max_tokens
  return {
    ...(clientTools.length > 0 && { clientTools }),
    ...(instructions !== '' && { instructions }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof most === 'number' && { maxTokens: most }),
    ...(parameters && { parameters }),
    ...(output && { output }),
    ...(body.model && body.model !== 'default' && { model: body.model }),
  }
}
