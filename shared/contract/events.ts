import type { RunError } from './errors.ts'
import type { MessageId, RunId, SessionId } from './ids.ts'
import type { Message, Outcome, TextKind, Usage } from './message.ts'
import type { Session } from './session.ts'
import type { ToolCall } from './tool.ts'

/** The reason why the model ended the answer. */
export type Finish = 'stop' | 'length' | 'content-filter' | 'max-steps'

/** The events of a session's log, in its order. `shared/session/fold.ts` defines their meaning. */
export type SessionEvent<Call = ToolCall> =
  | SnapshotEvent<Call>
  /** A new message, or a change outside of `start`, `chunk`, `tool` and `end`. */
  | { type: 'message'; message: Message<Call> }
  /** An attempt at an answer begins; `message.parts` are exactly the parts that are kept from earlier attempts. */
  | {
      type: 'start'
      runId: RunId
      messageId: MessageId
      message: Message<Call>
      attempt: number
      keepParts: number
    }
  | ChunkEvent
  /** The complete state of a call, after each change. */
  | {
      type: 'tool'
      messageId: MessageId
      part: number
      call: Call
      /** True when a question of an MCP server waits for a person from here on; absent when that does not change. */
      waiting?: boolean
    }
  | {
      type: 'end'
      runId: RunId
      messageId: MessageId
      outcome: Outcome
      finish: Finish | null
      usage: Usage | null
      error: RunError | null
      /** As in `Message`; absent when there are none. */
      notes?: string[]
    }
  /** Title, summary, status or another field of the session changed. */
  | { type: 'session'; session: Session }

export type SnapshotEvent<Call = ToolCall> = {
  type: 'snapshot'
  session: Session
  messages: Message<Call>[]
  /** True when there are messages older than the first of these. */
  hasOlder: boolean
}

/**
 * Text of one part: `text.slice(0, offset) + chunk.text`. `offset` counts UTF-16 units and is never beyond what the
 * reader has; no chunk splits a surrogate pair.
 */
export type ChunkEvent = {
  type: 'chunk'
  messageId: MessageId
  part: number
  kind: TextKind
  offset: number
  text: string
}

/** An event and its position in the session's log. */
export type LoggedEvent<Call = ToolCall> = { seq: number; event: SessionEvent<Call> }

/** A change in the caller's list of sessions. */
export type SessionsChange =
  | { type: 'session'; session: Session }
  | { type: 'deleted'; id: SessionId }
