import { isActive } from '../../../shared/contract/active.ts'
import type { ChunkEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'

/** The frames that the plain protocol sends (contract, section 4). `seq` is the cursor for `?after=`. */
export type PlainFrame =
  | { type: 'system'; session_id: string; content: string }
  /** Sent again for a known `message_id`: its earlier frames are void, and the text comes anew. */
  | { type: 'ai_response_start'; message_id: string }
  | { type: 'ai_response_chunk'; content: string; seq: number }
  | { type: 'tool_call'; call_id: string; name: string; status: ToolCall['status']; input: unknown }
  | {
      type: 'tool_result'
      call_id: string
      name: string
      status: ToolCall['status']
      output: unknown
      error?: string
    }
  | {
      type: 'ai_response_end'
      message_id: string
      outcome: string
      error?: { code: string; message: string }
    }
  /** `retry_after`: seconds, where the same may be asked again later. */
  | { type: 'error'; code: string; message: string; retry_after?: number }

/** The answer that a client is in the middle of; null between two. */
export type PlainState = Answer | null

type Answer = {
  messageId: string
  /** UTF-16 units of each part that the client has. */
  shown: Readonly<Record<number, number>>
  /** The index of the first part in `shown`; nothing is known of the parts before it. */
  knownFrom: number
  calls: Readonly<Record<string, ToolCall['status']>>
}

type Translated = { state: PlainState; frames: PlainFrame[] }

/** The state of a client whose last frame was this chunk. */
export function stateAfter(chunk: ChunkEvent): PlainState {
  const shown = { [chunk.part]: chunk.offset + chunk.text.length }
  return { messageId: chunk.messageId, shown, knownFrom: chunk.part, calls: {} }
}

/** Says one event of the log in frames that are only ever appended, whatever was merged, repeated or begun again. */
export function translate(state: PlainState, seq: number, event: SessionEvent): Translated {
  switch (event.type) {
    case 'snapshot':
      return translateSnapshot(state, seq, event.messages)
    case 'start':
      return begin(event.message, seq)
    case 'chunk':
      return translateChunk(answerOf(state, event.messageId), seq, event)
    case 'tool':
      return translateTool(answerOf(state, event.messageId), event.part, event.call)
    case 'end':
      return {
        state: state?.messageId === event.messageId ? null : state,
        frames: [endFrame(event.messageId, event.outcome, event.error)],
      }
    case 'message':
    case 'session':
      return { state, frames: [] }
  }
}

/** A snapshot may come at any time: it is compared with what the client has, and only the difference is sent. */
function translateSnapshot(state: PlainState, seq: number, messages: Message[]): Translated {
  const open = messages.findLast((message) => message.role === 'assistant' && isActive(message))
  const current = state && messages.find((message) => message.id === state.messageId)
  // An answer that is not here goes on in a branch that is not the active one.
  if (state === null || !current) return open ? begin(open, seq) : { state, frames: [] }
  const caughtUp = addParts(state, current, seq)
  if (isActive(current)) return caughtUp
  const ended = [...caughtUp.frames, endFrame(current.id, current.status, current.error)]
  const next = open ? begin(open, seq) : { state: null, frames: [] }
  return { state: next.state, frames: [...ended, ...next.frames] }
}

function begin(message: Message, seq: number): Translated {
  const answer = { messageId: message.id, shown: {}, knownFrom: 0, calls: {} }
  const { state, frames } = addParts(answer, message, seq)
  return { state, frames: [{ type: 'ai_response_start', message_id: message.id }, ...frames] }
}

function addParts(answer: Answer, message: Message, seq: number): Translated {
  return message.parts.reduce<{ state: Answer; frames: PlainFrame[] }>(
    ({ state, frames }, part, index) => {
      const added =
        part.type === 'tool'
          ? translateTool(state, index, part.call)
          : part.type === 'file'
            ? { state, frames: [] }
            : translateChunk(state, seq, {
                type: 'chunk',
                messageId: message.id,
                part: index,
                kind: part.type,
                offset: 0,
                text: part.text,
              })
      return { state: added.state, frames: [...frames, ...added.frames] }
    },
    { state: answer, frames: [] },
  )
}

function translateChunk(
  answer: Answer,
  seq: number,
  chunk: ChunkEvent,
): { state: Answer; frames: PlainFrame[] } {
  if (chunk.kind === 'reasoning') return { state: answer, frames: [] }
  const { part, offset, text } = chunk
  const isKnown = answer.shown[part] !== undefined || part >= answer.knownFrom
  // Text from its beginning, of which the client may have some: only beginning again is sure to be right.
  if (!isKnown && offset === 0) {
    const anew = { messageId: answer.messageId, shown: {}, knownFrom: 0, calls: {} }
    const { state, frames } = translateChunk(anew, seq, chunk)
    return {
      state,
      frames: [{ type: 'ai_response_start', message_id: answer.messageId }, ...frames],
    }
  }
  const has = answer.shown[part] ?? (isKnown ? 0 : offset)
  const content = text.slice(Math.max(0, has - offset))
  const state = {
    ...answer,
    shown: { ...answer.shown, [part]: Math.max(has, offset + text.length) },
    knownFrom: Math.min(answer.knownFrom, part),
  }
  return { state, frames: content === '' ? [] : [{ type: 'ai_response_chunk', content, seq }] }
}

function translateTool(
  answer: Answer,
  part: number,
  call: ToolCall,
): { state: Answer; frames: PlainFrame[] } {
  const last = answer.calls[call.id]
  const { id: call_id, name, status, input, output = null, error } = call
  const state = {
    ...answer,
    // A call may be told of again behind later parts, so it says nothing of the parts between.
    knownFrom: Number.isFinite(answer.knownFrom) ? answer.knownFrom : part,
    calls: { ...answer.calls, [call.id]: status },
  }
  if (status === last) return { state, frames: [] }
  const frames: PlainFrame[] = []
  if (!isOver(status) || last === undefined) {
    frames.push({ type: 'tool_call', call_id, name, status, input })
  }
  if (isOver(status)) {
    frames.push({
      type: 'tool_result',
      call_id,
      name,
      status,
      output,
      ...(error !== undefined && { error }),
    })
  }
  return { state, frames }
}

function answerOf(state: PlainState, messageId: string): Answer {
  if (state?.messageId === messageId) return state
  return { messageId, shown: {}, knownFrom: Number.POSITIVE_INFINITY, calls: {} }
}

function endFrame(messageId: string, outcome: string, error: Message['error']): PlainFrame {
  const frame = { type: 'ai_response_end', message_id: messageId, outcome } as const
  return error ? { ...frame, error: { code: error.code, message: error.message } } : frame
}

function isOver(status: ToolCall['status']): boolean {
  return (
    status === 'completed' || status === 'failed' || status === 'denied' || status === 'unknown'
  )
}
