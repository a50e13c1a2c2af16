import { z } from 'zod'
import { findDoorRun, insertResponse } from '../../../db/queries/doors/responses.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import { findCall } from '../../../db/queries/messages/tool-calls.ts'
import type { InputOf } from '../../../shared/contract/api/declare.ts'
import { messages } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { File } from '../../../shared/contract/file.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import type { RunId } from '../../../shared/contract/ids.ts'
import { notFound } from '../../api-error.ts'
import { derivedId } from '../derived-id.ts'
import { storeSaid } from '../files/said.ts'
import type { Said } from '../files/said.ts'
import type { Segment } from '../ids.ts'
import type { DoorRequest } from '../request.ts'
import { answerCalls } from './answer-calls.ts'
import type { Sent } from './answer-calls.ts'
import { askedFields, readBehind } from './asked.ts'
import { askOnce } from './ask-once.ts'
import type { Asking } from './ask-once.ts'
import { DoorError } from './errors.ts'
import { Metadata } from './metadata.ts'
import { responseAfter } from './follow-response.ts'
import { sessionOf } from './posted/session-of.ts'
import { readOutputFormat } from './output-format.ts'
import { asItem, withStoredFiles, withoutMessages } from './input-items.ts'
import { readResponseInput } from './posted/response-input.ts'
import type { Answered, ResponseInput } from './posted/response-input.ts'
import { readParameters, refuseUnsupported } from './parameters.ts'
import { readFunctionTools } from './tools.ts'

export const CreateResponse = z.looseObject({
  ...askedFields,
  temperature: z.number().min(0).max(2).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  metadata: Metadata.nullish(),
  background: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
})
export type CreateResponse = z.infer<typeof CreateResponse>

/** A response: a run, and the number of the response within it. */
export type Made = { run: DoorRun; segment: number }

/**
 * Carries out a request, and answers when it is committed.
 *
 * @param key a request with the same key is the same response; null when the client sent none
 */
export async function createResponse(
  door: DoorRequest,
  body: CreateResponse,
  key: string | null,
): Promise<Made> {
  refuseUnsupported(body, 'responses')
  const input = readResponseInput(
    body.input,
    Boolean(body.previous_response_id ?? body.conversation),
  )
  const { question, answered } = input
  if (answered.length > 0) await requireSameSession(door, body, answered)
  /** Null when nothing was stored, because the request is a repetition and the log has its messages. */
  let stored: ReadonlyMap<string, File> | null = null
  const { runId, segment } = !question
    ? await goOn(door, answered)
    : answered.length > 0
      ? await goOn(door, answered, join)
      : { segment: 0, runId: await askOnce(door, 'response', key, question.text, ask) }
  const { db } = door.services.database
  await insertResponse(db, {
    ...{ runId, segment, request: echoOf(body, door.services.defaultTemperature) },
    input: keptInput(),
    createdAt: door.services.now(),
  })
  const run = await findDoorRun(db, door.userId, runId, segment)
  if (!run) throw notFound('response')
  return { run, segment }

  /** The input as posted, without the bytes of files. */
  function keptInput(): unknown[] | null {
    if (!Array.isArray(body.input)) return [asItem(question?.text ?? '')]
    if (!question) return withoutMessages(body.input)
    return stored && withStoredFiles(body.input, stored)
  }

  async function ask(asking: Asking): Promise<RunId> {
    const options = optionsOf(body, input)
    const said = await store()
    const place = await placeOf(door, body, said.slice(0, -1), key, asking)
    const id = asking.id && { id: asking.id }
    return (await send(said, { ...options, ...place, ...id })).runId
  }

  /** Adds the message to the answer that goes on with the outputs of the same request. */
  async function join(sessionId: SessionId): Promise<Sent> {
    const id = key === null ? {} : { id: MessageId.parse(derivedId(door.userId, 'response', key)) }
    const options = optionsOf(body, input)
    return send(await store(), { ...options, sessionId, ...id, whenBusy: 'steer' })
  }

  async function store(): Promise<Said[]> {
    const given = [...input.history, ...(question ? [question] : [])]
    const { said, byPlace } = await storeSaid(door, given)
    stored = byPlace
    return said
  }

  function send(
    said: readonly Said[],
    how: Omit<InputOf<typeof messages.send>, 'text' | 'files'>,
  ): Promise<Sent> {
    const last = said.at(-1)
    return door.call(messages.send, {
      ...{ ...how, text: last?.text ?? '' },
      ...(last && last.files.length > 0 && { files: last.files.map((file) => file.id) }),
    })
  }
}

/** @throws when a request names a response or a conversation that its outputs do not go on with */
async function requireSameSession(
  door: DoorRequest,
  body: CreateResponse,
  answered: readonly Answered[],
): Promise<void> {
  const { sessionId } = await readBehind(door, body)
  if (!sessionId) return
  const { db } = door.services.database
  const found = await Promise.all(answered.map(({ callId }) => findCall(db, door.userId, callId)))
  if (found.some((stored) => stored && stored.sessionId !== sessionId)) {
    throw new DoorError('The outputs are of calls in another conversation.', { param: 'input' })
  }
}

/**
 * Records outputs of calls: the run goes on as its next response.
 *
 * @param join adds the user's message of the same request
 */
export async function goOn(
  door: DoorRequest,
  answered: readonly Answered[],
  join?: (sessionId: SessionId) => Promise<Sent>,
): Promise<Segment> {
  const { runId, joined } = await answerCalls(door, answered, join)
  // The run went on earlier, so the message has an answer of its own.
  if (joined && joined.runId !== runId) return { runId: joined.runId, segment: 0 }
  const run = await findDoorRun(door.services.database.db, door.userId, runId, 0)
  if (!run) throw notFound('response')
  const calls = answered.map(({ callId }) => callId)
  return { runId, segment: await responseAfter(door.services, run, calls, door.signal) }
}

/** The options of the answer from the request. */
function optionsOf(body: CreateResponse, { instructions: system }: ResponseInput) {
  const instructions = [body.instructions ?? [], system].flat().join('\n\n')
  const clientTools = readFunctionTools(body.tools ?? [])
  const parameters = readParameters(
    body,
    clientTools.map(({ name }) => name),
  )
  const output = readOutputFormat(body.text?.format, 'text.format')
  return {
    ...(clientTools.length > 0 && { clientTools }),
    ...(instructions !== '' && { instructions }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof body.max_output_tokens === 'number' && { maxTokens: body.max_output_tokens }),
    ...(parameters && { parameters }),
    ...(output && { output }),
    ...(body.model && body.model !== 'default' && { model: body.model }),
    keepChunks: body.store !== false,
  }
}

/** The session, and the message that the question follows there. */
async function placeOf(
  door: DoorRequest,
  body: CreateResponse,
  history: readonly Said[],
  key: string | null,
  { takeBack }: Asking,
): Promise<{ sessionId: SessionId; parentId?: MessageId }> {
  const { call, services, userId } = door
  const { run, sessionId } = await readBehind(door, body)
  if (sessionId && history.length > 0) {
    throw new DoorError(
      'What was said before is in the conversation already: send one message of the user alone.',
      { param: 'input' },
    )
  }
  if (run) {
    if (run.status === 'waiting') {
      throw new DoorError('No tool output found for the calls of the previous response.', {
        param: 'input',
      })
    }
    // A queued answer has no message yet; the question is queued behind it.
    return run.status === 'queued'
      ? { sessionId: run.sessionId }
      : { sessionId: run.sessionId, parentId: run.messageId }
  }
  if (sessionId) {
    await call(sessions.get, { id: sessionId })
    return { sessionId }
  }
  if (history.length > 0) {
    const id = await sessionOf(call, history, { now: services.now() })
    takeBack(id)
    return { sessionId: id }
  }
  // All requests with one key use the same conversation.
  const id = key === null ? {} : { id: SessionId.parse(derivedId(userId, 'conversation', key)) }
  const made = await call(sessions.create, id)
  takeBack(made.id, key !== null)
  return { sessionId: made.id }
}

/** The fields of a request that each retrieval repeats. */
function echoOf(body: CreateResponse, defaultTemperature: number): Record<string, unknown> {
  const { instructions, tools, metadata, temperature, background, store } = body
  const { max_output_tokens: most, previous_response_id: previous } = body
  return {
    instructions: instructions ?? null,
    tools: (tools ?? []).map(echoOfTool),
    metadata: metadata ?? {},
    temperature: temperature ?? defaultTemperature,
    background: background ?? false,
    store: store ?? true,
    max_output_tokens: most ?? null,
    previous_response_id: previous ?? null,
    ...echoed(body),
  }
}

/** The repeated fields that are sent to the provider, or that have no effect here. */
function echoed(body: CreateResponse): Record<string, unknown> {
  const { reasoning, text, tool_choice: choice, top_p: topP, parallel_tool_calls: parallel } = body
  const { truncation, user, prompt_cache_key: key, safety_identifier: safety } = body
  return {
    ...(typeof topP === 'number' && { top_p: topP }),
    ...(parallel === false && { parallel_tool_calls: false }),
    ...(choice !== undefined && choice !== null && { tool_choice: choice }),
    ...(reasoning && { reasoning: { effort: null, summary: null, ...reasoning } }),
    ...(text && { text: { format: { type: 'text' }, ...text } }),
    ...(truncation === 'auto' && { truncation }),
    ...(typeof user === 'string' && { user }),
    ...(typeof key === 'string' && { prompt_cache_key: key }),
    ...(typeof safety === 'string' && { safety_identifier: safety }),
  }
}

/** OpenAI's clients expect each tool with all of its fields. */
function echoOfTool(tool: unknown): unknown {
  return typeof tool === 'object' && tool !== null
    ? { description: null, parameters: null, strict: null, ...tool }
    : tool
}
