import { isActive } from '../contract/active.ts'
import type { ChunkEvent, LoggedEvent, SessionEvent, SnapshotEvent } from '../contract/events.ts'
import type { Message, Part } from '../contract/message.ts'
import { openQuestion } from '../contract/open-question.ts'
import type { Session } from '../contract/session.ts'
import type { ToolCall } from '../contract/tool.ts'
import { FoldError } from './fold-error.ts'
import { placeMessage } from './order.ts'
import { replaceEqualDeep } from './structural-sharing.ts'

/** The state of a session after the event `seq`. */
export type SessionState<Call = ToolCall> = {
  readonly session: Session
  /** The active branch, oldest first; then the queued messages in their order. */
  readonly messages: readonly Message<Call>[]
  /** True when there are messages older than the first of these. */
  readonly hasOlder: boolean
  readonly seq: number
}

/**
 * The state after an event; this function defines the meaning of events. It is pure, and unchanged parts keep their
 * identity.
 *
 * An event at or before the state's `seq` is a repetition and changes nothing; a snapshot always replaces the state.
 * @param state null before the first snapshot
 * @throws {FoldError} when the event cannot follow the state; a reader then restarts from a snapshot
 */
export function fold<Call = ToolCall>(
  state: SessionState<Call> | null,
  { seq, event }: LoggedEvent<Call>,
): SessionState<Call> {
  if (event.type === 'snapshot') return replaceAll(state, seq, event)
  if (state === null) throw new FoldError('An event came before the first snapshot', { seq, event })
  if (seq <= state.seq) return state
  return advance(apply(state, seq, event), seq)
}

type LaterEvent<Call> = Exclude<SessionEvent<Call>, { type: 'snapshot' }>

function apply<Call>(
  state: SessionState<Call>,
  seq: number,
  event: LaterEvent<Call>,
): SessionState<Call> {
  switch (event.type) {
    case 'message':
      return waiting(
        // Answers are added by their `start`. A change of an answer that is not here concerns another branch, or an
        // older message.
        event.message.role === 'assistant' && !isHere(state, event.message.id)
          ? state
          : putMessage(state, event.message),
        event.message,
      )
    case 'start':
      // A first attempt is always at the end of the active branch.
      return asking(
        event.attempt > 1 && isOnOtherBranch(state, event.messageId)
          ? running(state, true)
          : running(putMessage(state, { ...event.message, status: 'running' }), true),
        // The cut attempt asked it, so this one closes it.
        event.message.parts.some(asksSomething),
      )
    case 'chunk':
      if (isOnOtherBranch(state, event.messageId)) return state
      return changeMessage(state, seq, event, (message) => addText(message, seq, event))
    case 'tool':
      if (isOnOtherBranch(state, event.messageId)) return asking(state, event.waiting)
      return asking(
        changeMessage(state, seq, event, (message) => {
          const there = message.parts[event.part]
          if (there !== undefined && there.type !== 'tool') throw misfit(message, seq, event)
          return putPart(message, seq, event, { type: 'tool', call: event.call })
        }),
        event.waiting,
      )
    case 'end':
      if (isOnOtherBranch(state, event.messageId)) return running(state, false)
      return running(
        changeMessage(state, seq, event, (message) => ({
          ...goesOn(message),
          status: event.outcome,
          usage: event.usage,
          error: event.error,
          ...(event.finish && event.finish !== 'stop' && { finish: event.finish }),
          ...(event.notes && { notes: event.notes }),
        })),
        false,
      )
    case 'session':
      return { ...state, session: event.session }
  }
}

/**
 * Returns true when the running answer is on another branch, because a person selected this one meanwhile: the session
 * is running, none of the messages here is, and this one is not here. Its events change no message here.
 */
function isOnOtherBranch<Call>(
  { session, messages }: SessionState<Call>,
  messageId: string,
): boolean {
  return (
    session.running && !messages.some((message) => message.id === messageId || isActive(message))
  )
}

function isHere<Call>({ messages }: SessionState<Call>, messageId: string): boolean {
  return messages.some(({ id }) => id === messageId)
}

function replaceAll<Call>(
  state: SessionState<Call> | null,
  seq: number,
  { session, messages, hasOlder }: SnapshotEvent<Call>,
): SessionState<Call> {
  const known = new Map(state?.messages.map((message) => [message.id, message]))
  return {
    session: { ...session, seq },
    messages: messages.map((message) => replaceEqualDeep(known.get(message.id), message)),
    hasOlder,
    seq,
  }
}

function advance<Call>(state: SessionState<Call>, seq: number): SessionState<Call> {
  return { ...state, session: { ...state.session, seq }, seq }
}

function running<Call>(state: SessionState<Call>, value: boolean): SessionState<Call> {
  return { ...state, session: { ...state.session, running: value, waiting: false } }
}

/** Marks the session as waiting when its unfinished answer waits. */
function waiting<Call>(state: SessionState<Call>, message: Message<Call>): SessionState<Call> {
  return isActive(message)
    ? asking(state, message.status === 'waiting' || message.parts.some(asksSomething))
    : state
}

function asksSomething<Call>(part: Part<Call>): boolean {
  if (part.type !== 'tool') return false
  const call: Partial<ToolCall> = Object(part.call)
  return call.status === 'running' && openQuestion(call) !== undefined
}

/** @param value undefined when it does not change */
function asking<Call>(state: SessionState<Call>, value: boolean | undefined): SessionState<Call> {
  return value === undefined || value === state.session.waiting
    ? state
    : { ...state, session: { ...state.session, waiting: value } }
}

function putMessage<Call>(state: SessionState<Call>, message: Message<Call>): SessionState<Call> {
  const { session } = state
  // Both are written by `toISOString`, so they can be compared as text.
  const updatedAt = message.createdAt > session.updatedAt ? message.createdAt : session.updatedAt
  return {
    ...state,
    session: { ...session, updatedAt },
    messages: placeMessage(state.messages, message),
  }
}

type MessageEvent<Call> = Extract<LaterEvent<Call>, { type: 'chunk' | 'tool' | 'end' }>

function changeMessage<Call>(
  state: SessionState<Call>,
  seq: number,
  event: MessageEvent<Call>,
  change: (message: Message<Call>) => Message<Call>,
): SessionState<Call> {
  // The message of the unfinished answer is usually one of the last.
  const index = state.messages.findLastIndex(({ id }) => id === event.messageId)
  const message = state.messages[index]
  if (message === undefined) {
    throw new FoldError('The event is about a message that is not here', { seq, event })
  }
  const changed = change(message)
  return changed === message ? state : { ...state, messages: state.messages.with(index, changed) }
}

/** The message with the text of a chunk; `seq` is the event's place in the log. */
export function addText<Call>(
  message: Message<Call>,
  seq: number,
  event: ChunkEvent,
): Message<Call> {
  const there = message.parts[event.part]
  if (there !== undefined && there.type !== event.kind) throw misfit(message, seq, event)
  const before = there?.text ?? ''
  if (event.offset > before.length) {
    throw new FoldError('Text is missing before this chunk', { seq, event, length: before.length })
  }
  const text = before.slice(0, event.offset) + event.text
  if (there !== undefined && text === before) return goesOn(message)
  return putPart(message, seq, event, { type: event.kind, text })
}

/** Removes `waitsFor`, which is over with the answer's next event. */
function goesOn<Call>(message: Message<Call>): Message<Call> {
  if (message.waitsFor === undefined) return message
  const { waitsFor: _, ...rest } = message
  return rest
}

function putPart<Call>(
  message: Message<Call>,
  seq: number,
  event: Extract<MessageEvent<Call>, { part: number }>,
  part: Part<Call>,
): Message<Call> {
  if (event.part > message.parts.length) {
    const parts = message.parts.length
    throw new FoldError('Parts are missing before this one', { seq, event, parts })
  }
  const parts = [...message.parts]
  parts[event.part] = part
  return { ...goesOn(message), parts }
}

function misfit<Call>(message: Message<Call>, seq: number, event: MessageEvent<Call>): FoldError {
  const parts = message.parts.map(({ type }) => type)
  return new FoldError('The part is of another kind than the event', { seq, event, parts })
}
