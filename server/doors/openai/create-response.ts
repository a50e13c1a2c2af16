import { z } from 'zod'
import { findDoorRun, insertResponse } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { File } from '../../../shared/contract/file.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import type { MessageId, RunId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { derivedId } from '../derived-id.ts'
import { storeSaid } from '../files/said.ts'
import type { Said } from '../files/said.ts'
import { readConversationId, readResponseId } from '../ids.ts'
import type { Segment } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { answerCalls } from './answer-calls.ts'
import { askOnce } from './ask-once.ts'
import type { Asking } from './ask-once.ts'
import { DoorError } from './errors.ts'
import { responseAfter } from './follow-response.ts'
import { sessionOf } from './history.ts'
import { GivenFormat, readOutputFormat } from './output-format.ts'
import { asItem, withStoredFiles } from './input-items.ts'
import { readResponseInput } from './response-input.ts'
import type { ResponseInput } from './response-input.ts'
import { readFunctionTools } from './tools.ts'

export const CreateResponse = z.looseObject({
  input: z.unknown().optional(),
  model: z.string().nullish(),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
  temperature: z.number().min(0).max(2).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  background: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  text: z.looseObject({ format: GivenFormat.nullish() }).nullish(),
})
export type CreateResponse = z.infer<typeof CreateResponse>

/** A run that is a response, and which of its responses. */
export type Made = { run: DoorRun; segment: number }

/**
 * Does what is asked for, and answers when it is committed.
 *
 * @param key the same once more is the same response; null where the client gave none
 */
export async function createResponse(
  door: DoorRequest,
  body: CreateResponse,
  key: string | null,
): Promise<Made> {
  const input = readResponseInput(body.input)
  const { question } = input
  let stored: ReadonlyMap<string, File> = new Map()
  const { runId, segment } = question
    ? { segment: 0, runId: await askOnce(door, 'response', key, ask) }
    : await goOn(door, input)
  const { db } = door.services.database
  await insertResponse(db, {
    ...{ runId, segment, request: echoOf(body, door.services.defaultTemperature) },
    input: Array.isArray(body.input)
      ? withStoredFiles(body.input, stored)
      : [asItem(question?.text ?? '')],
    createdAt: door.services.now(),
  })
  const run = await findDoorRun(db, door.userId, runId, segment)
  if (!run) throw notFound('response')
  return { run, segment }

  async function ask(asking: Asking): Promise<RunId> {
    const options = optionsOf(body, input)
    const { said, byPlace } = await storeSaid(door, [
      ...input.history,
      ...(question ? [question] : []),
    ])
    stored = byPlace
    const last = said.at(-1)
    const place = await placeOf(door, body, said.slice(0, -1), key, asking)
    const { runId } = await door.call(messages.send, {
      ...{ ...place, ...options, text: last?.text ?? '' },
      ...(last && last.files.length > 0 && { files: last.files.map(({ id }) => id) }),
      ...(asking.id && { id: asking.id }),
    })
    return runId
  }
}

/** Outputs of calls: the run goes on, as its next response. */
export async function goOn(
  door: DoorRequest,
  { answered }: Pick<ResponseInput, 'answered'>,
): Promise<Segment> {
  const runId = await answerCalls(door, answered)
  const run = await findDoorRun(door.services.database.db, door.userId, runId, 0)
  if (!run) throw notFound('response')
  const calls = answered.map(({ callId }) => callId)
  return { runId, segment: await responseAfter(door.services, run, calls, door.signal) }
}

/** What the answer is to be. */
function optionsOf(body: CreateResponse, { instructions: system }: ResponseInput) {
  const instructions = [body.instructions ?? [], system].flat().join('\n\n')
  const clientTools = readFunctionTools(body.tools ?? [], body.tool_choice)
  const output = readOutputFormat(body.text?.format, 'text.format')
  return {
    ...(clientTools.length > 0 && { clientTools }),
    ...(instructions !== '' && { instructions }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof body.max_output_tokens === 'number' && { maxTokens: body.max_output_tokens }),
    ...(output && { output }),
    ...(body.model && body.model !== 'default' && { model: body.model }),
    keepChunks: body.store !== false,
  }
}

/** The session, and what the question follows there. */
async function placeOf(
  door: DoorRequest,
  body: CreateResponse,
  history: readonly Said[],
  key: string | null,
  { takeBack }: Asking,
): Promise<{ sessionId: SessionId; parentId?: MessageId }> {
  const { call, services, userId } = door
  const { previous_response_id: previous, conversation } = body
  if (previous && conversation) {
    throw new DoorError('Give either conversation or previous_response_id.', {
      param: 'conversation',
    })
  }
  if ((previous || conversation) && history.length > 0) {
    throw new DoorError(
      'What was said before is in the conversation already: send one message of the user alone.',
      { param: 'input' },
    )
  }
  if (previous) {
    const found = readResponseId(previous)
    const run =
      found && (await findDoorRun(services.database.db, userId, found.runId, found.segment))
    if (!run || run.deletedAt) {
      throw new DoorError(`Previous response with id '${previous.slice(0, 100)}' not found.`, {
        ...{ status: 400, param: 'previous_response_id', code: 'previous_response_not_found' },
      })
    }
    if (run.status === 'waiting') {
      throw new DoorError('No tool output found for the calls of the previous response.', {
        param: 'input',
      })
    }
    // A queued answer has no message yet: the question goes behind it by itself.
    return run.status === 'queued'
      ? { sessionId: run.sessionId }
      : { sessionId: run.sessionId, parentId: run.messageId }
  }
  if (conversation) {
    const id = readConversationId(typeof conversation === 'string' ? conversation : conversation.id)
    if (!id) throw notFound('conversation')
    await call(sessions.get, { id })
    return { sessionId: id }
  }
  if (history.length > 0) {
    const sessionId = await sessionOf(call, history, { now: services.now() })
    takeBack(sessionId)
    return { sessionId }
  }
  // Of requests with one key, all of them say it in the same one.
  const id = key === null ? {} : { id: SessionId.parse(derivedId(userId, 'conversation', key)) }
  const made = await call(sessions.create, id)
  if (key === null) takeBack(made.id)
  return { sessionId: made.id }
}

/** What is said again of a request with each retrieval. */
function echoOf(body: CreateResponse, defaultTemperature: number): Record<string, unknown> {
  const { instructions, tools, metadata, temperature, background, store } = body
  const { max_output_tokens: most, previous_response_id: previous } = body
  return {
    ...(body.text?.format && { text: { format: body.text.format } }),
    instructions: instructions ?? null,
    tools: (tools ?? []).map(echoOfTool),
    metadata: metadata ?? {},
    temperature: temperature ?? defaultTemperature,
    background: background ?? false,
    store: store ?? true,
    max_output_tokens: most ?? null,
    previous_response_id: previous ?? null,
  }
}

/** Each with all fields that it may have. */
function echoOfTool(tool: unknown): unknown {
  return typeof tool === 'object' && tool !== null
    ? { description: null, parameters: null, strict: null, ...tool }
    : tool
}
