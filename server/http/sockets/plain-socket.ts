import { TRPCError } from '@trpc/server'
import type { TrackedEnvelope } from '@trpc/server'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { messages, runs } from '../../../shared/contract/api/messages.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import { tools } from '../../../shared/contract/api/tools.ts'
import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import { TextKind } from '../../../shared/contract/message.ts'
import { cutEnd } from '../../../shared/session/split.ts'
import type { Call } from '../rest/procedures.ts'
import type { Connection } from './connection.ts'
import { bearerToken } from '../../auth/bearer-token.ts'
import { retryAfterOf } from '../../api-error.ts'
import { toHttpError } from '../http-errors.ts'
import type { PlainFrame, PlainState } from './plain-frames.ts'
import { stateAfter, translate } from './plain-frames.ts'
import { wholeEvents } from '../rest/plain-events.ts'
import type { PlainCommand } from './plain-input.ts'
import { readPlainInput } from './plain-input.ts'
import { receive } from './receive.ts'
import type { OpenSocket } from './sockets.ts'

export type PlainSocketOptions = {
  sessionId: string
  /** The last `seq` that the client has seen. */
  after: string | null
  token: string | null
  createCall: (connection: Connection) => Promise<Call>
  /** Told of failures that are the server's. */
  onError: (error: unknown) => void
}

const SERVICE_RESTART = 1012
const INTERNAL_ERROR = 1011
const TRY_AGAIN_LATER = 1013

/**
 * Speaks the plain protocol of CONTRACT section 4 over one WebSocket: the session's log out, as frames; commands in,
 * one after the other. The client's going ends it.
 */
export function servePlainSocket(socket: OpenSocket, options: PlainSocketOptions): void {
  const { webSocket } = socket
  const ready = open(socket, options)
  // Messages are taken from the beginning, because a client does not wait for the greeting.
  receive(socket, (data, isBinary) => ready.then((call) => obey(call, data, isBinary)))
  ready
    .then((call) => follow(socket, call, options))
    .then(() =>
      socket.close(SERVICE_RESTART, 'The session is not followed any more; connect again.'),
    )
    .catch((error: unknown) => refuse(error))

  /** Resolves when its error, if there is one, has room: a client that reads no errors is not read on. */
  async function obey(call: Call, data: string, isBinary: boolean): Promise<void> {
    const input = readPlainInput(data, isBinary)
    if ('refusal' in input) {
      send(webSocket, { type: 'error', code: 'BAD_REQUEST', message: input.refusal })
      return socket.drained()
    }
    try {
      await execute(call, options.sessionId, input.command)
    } catch (error) {
      report(error)
      await socket.drained()
    }
  }

  function refuse(error: unknown): void {
    if (socket.signal.aborted) return
    const { status, message } = report(error)
    socket.close(closeCode(status), message)
  }

  /** Reports an error to the client, and logs it if it is the server's fault. */
  function report(error: unknown): { status: number; message: string } {
    const { status, body } = toHttpError(error)
    if (status >= 500) options.onError(error)
    const retryAfter = retryAfterOf(error)
    send(webSocket, {
      ...{ type: 'error', code: body.code, message: body.message },
      ...(retryAfter !== null && { retry_after: retryAfter }),
    })
    return { status, message: body.message }
  }
}

function closeCode(status: number): number {
  if (status === 503) return TRY_AGAIN_LATER
  return status >= 500 ? INTERNAL_ERROR : 4000 + status
}

/** Signs in, makes the session when there is none, and greets. */
async function open(socket: OpenSocket, options: PlainSocketOptions): Promise<Call> {
  const { data: sessionId } = SessionId.safeParse(options.sessionId)
  if (sessionId === undefined) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: 'The id of a session must be a UUID.' })
  }
  const call = await options.createCall({
    transport: 'plain-socket',
    request: socket.request,
    token: options.token ?? bearerToken(socket.request),
    drained: socket.drained,
    inTurn: (work) => work(),
    signal: socket.signal,
    close: socket.close,
    belongsTo: socket.belongsTo,
  })
  try {
    // A client that connects again knows nothing of a deletion meanwhile, and must not undo it.
    await call(sessions.create, { id: sessionId, unlessDeleted: true })
  } catch (cause) {
    if (!(cause instanceof TRPCError)) throw cause
    // A stranger must not learn that somebody else has a session with this id.
    if (cause.code === 'CONFLICT') throw noSession(cause)
    // A read-only login may follow an existing session.
    if (cause.code !== 'FORBIDDEN') throw cause
    await call(sessions.get, { id: sessionId })
  }
  send(socket.webSocket, { type: 'system', session_id: sessionId, content: 'Connected.' })
  return call
}

function noSession(cause: TRPCError): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: 'There is no such session.', cause })
}

async function follow(
  socket: OpenSocket,
  call: Call,
  { sessionId: id, after }: PlainSocketOptions,
): Promise<void> {
  let state = after === null ? null : await resumedState(call, id, after)
  let resumes = after !== null
  const events = await call(sessions.watch, { id, lastEventId: after })
  for await (const { seq, event } of wholeEvents(logged(events))) {
    if (resumes && event.type === 'snapshot') {
      send(socket.webSocket, {
        type: 'error',
        code: 'PRECONDITION_FAILED',
        message: NO_CONTINUATION,
      })
      state = null
    }
    resumes = false
    const translated = translate(state, seq, event)
    state = translated.state
    for (const frame of translated.frames.flatMap(inPieces)) {
      send(socket.webSocket, frame)
      await socket.drained()
      if (socket.signal.aborted) return
    }
  }
}

/** In this process a watch yields the objects of `tracked`. */
async function* logged(
  events: AsyncIterable<TrackedEnvelope<SessionEvent>>,
): AsyncGenerator<LoggedEvent> {
  for await (const [seq, event] of events) {
    yield { seq: Number(seq), event }
  }
}

/** A frame is 1 MiB at the most, and six bytes a character is what JSON may take. UTF-16 units. */
const LONGEST_CONTENT = 128 * 1024

function inPieces(frame: PlainFrame): PlainFrame[] {
  if (frame.type !== 'ai_response_chunk') return [frame]
  const { content } = frame
  const pieces: PlainFrame[] = []
  for (let from = 0; from < content.length;) {
    const end = cutEnd(content, from, LONGEST_CONTENT)
    pieces.push({ ...frame, content: content.slice(from, end) })
    from = end
  }
  return pieces
}

const NO_CONTINUATION =
  'The session cannot be continued after this seq; what follows begins at the present.'

const Chunk = z.object({
  type: z.literal('chunk'),
  messageId: MessageId,
  part: z.number(),
  kind: TextKind,
  offset: z.number(),
  text: z.string(),
})

/** The client's state within the answer at its cursor, as far as the log still has it. */
async function resumedState(call: Call, id: string, after: string): Promise<PlainState> {
  const seq = Number(after)
  if (!Number.isSafeInteger(seq) || seq < 1) return null
  const { events } = await call(sessions.log, { id, after: seq - 1, limit: 1 })
  const last = events[0]
  const chunk = last?.seq === seq ? Chunk.safeParse(last.event) : null
  return chunk?.success ? stateAfter(chunk.data) : null
}

async function execute(call: Call, sessionId: string, command: PlainCommand): Promise<void> {
  switch (command.type) {
    case 'user_message': {
      const { content: text, id } = command
      await call(messages.send, { sessionId, text, ...(id !== undefined && { id }) })
      return
    }
    case 'stop':
      await call(runs.stop, { sessionId })
      return
    case 'tool_decision': {
      const { call_id: callId, decision, reason } = command
      await call(tools.decide, { callId, decision, ...(reason !== undefined && { reason }) })
    }
  }
}

function send(webSocket: WebSocket, frame: PlainFrame): void {
  if (webSocket.readyState === WebSocket.OPEN) webSocket.send(JSON.stringify(frame))
}
