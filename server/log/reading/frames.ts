import { isUnfinished } from '../../../shared/contract/active.ts'
import type { ChunkEvent, LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { MessageId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { cutEnd, splitChunk } from '../../../shared/session/split.ts'

/** The longest event as JSON, in bytes, so that its frame stays within 1 MiB. */
const MAX_EVENT_BYTES = 1_040_000
/** The longest piece of a text, in UTF-16 units: each takes at most six bytes, as an escape. */
export const MAX_PIECE = 128 * 1024
/** The length that stays in the event of a text that is too long, in UTF-16 units. */
const BEGINNING = 1024

/** The part of an event that does not fit into its frame; it follows in events of its own. */
type Rest =
  | { type: 'event'; event: SessionEvent }
  /** A piece of a stored message. It is read only when it is sent, so that it takes no memory before. */
  | { type: 'stored'; piece: Omit<ChunkEvent, 'text'>; end: number }

/** An event as it is sent: a first event that fits into a frame, and what completes it. */
export type Frames = { first: SessionEvent; rest: Rest[] }

/**
 * Cuts an event that is too long for one frame: long texts keep their beginning and go on as chunks, long results of
 * tools follow as `tool` events. A snapshot leaves out its oldest messages first.
 */
export function toFrames(event: SessionEvent): Frames {
  switch (event.type) {
    case 'chunk': {
      const [first = event, ...more] = splitChunk(event, MAX_PIECE)
      return { first, rest: more.map((piece) => ({ type: 'event', event: piece })) }
    }
    case 'message':
    case 'start': {
      const { messages, rest } = cutMessages([event.message])
      const [message = event.message] = messages
      return { first: { ...event, message }, rest }
    }
    case 'snapshot': {
      const kept = leaveOutOldest(event.messages)
      const { messages, rest } = cutMessages(kept)
      const hasOlder = event.hasOlder || kept.length < event.messages.length
      return { first: { ...event, messages, hasOlder }, rest }
    }
    case 'tool':
      return { first: { ...event, call: boundedCall(event.call) }, rest: [] }
    case 'end':
    case 'session':
      return { first: event, rest: [] }
  }
}

/**
 * Results of tools are limited to less than a frame. An imported file may contain a longer one; it is shown whole only
 * in an export.
 */
function boundedCall(call: ToolCall): ToolCall {
  if (bytesOf(call) <= MAX_EVENT_BYTES) {
    return call
  }
  const { output: _, ...known } = call
  const error =
    'What this call answered is too long to show here. The export of the session has it.'
  return bytesOf(known) <= MAX_EVENT_BYTES
    ? { ...known, error: known.error ?? error }
    : { ...known, input: {}, error }
}

/**
 * Yields the frames of an event with their `seq`. The last frame has the event's own `seq`; those before it have
 * numbers between that and the event before, where the log has no event. A reader that comes back with such a number
 * gets a snapshot, because the log cannot go on from there.
 *
 * @param read reads a piece of a stored message's text; null when it does not exist any more
 */
export async function* inFrames(
  seq: number,
  { first, rest }: Frames,
  read: (messageId: MessageId, part: number) => Promise<string | null>,
): AsyncGenerator<LoggedEvent, void, void> {
  const count = rest.length + 1
  yield { seq: seq - 1 + 1 / count, event: first }
  for (const [index, piece] of rest.entries()) {
    const event = piece.type === 'event' ? piece.event : await readPiece(piece, read)
    if (event) {
      yield { seq: seq - 1 + (index + 2) / count, event }
    }
  }
}

/** Null when the text changed meanwhile: a later event of the log then has the new one. */
async function readPiece(
  { piece, end }: Extract<Rest, { type: 'stored' }>,
  read: (messageId: MessageId, part: number) => Promise<string | null>,
): Promise<ChunkEvent | null> {
  const text = await read(piece.messageId, piece.part)
  return text === null ? null : { ...piece, text: text.slice(piece.offset, end) }
}

function leaveOutOldest(messages: readonly Message[]): readonly Message[] {
  let bytes = 0
  const from = messages.findLastIndex((message) => {
    bytes += bytesOf(message)
    return bytes > MAX_EVENT_BYTES
  })
  // The newest message of the branch and all queued ones stay, because later events refer to them.
  const needed = messages.findLastIndex(({ status }) => status !== 'queued')
  return messages.slice(Math.min(from + 1, Math.max(needed, 0)))
}

function cutMessages(messages: readonly Message[]): { messages: Message[]; rest: Rest[] } {
  const whole = messages.reduce((bytes, message) => bytes + bytesOf(message), 0)
  if (whole <= MAX_EVENT_BYTES) {
    return { messages: [...messages], rest: [] }
  }
  const rest: Rest[] = []
  const cut = messages.map((message) => ({
    ...message,
    parts: message.parts.map((part, index): Message['parts'][number] => {
      const place = { messageId: message.id, part: index }
      if (part.type === 'file') {
        return part
      }
      if (part.type !== 'tool') {
        rest.push(
          ...restOf(message, {
            type: 'chunk',
            ...place,
            kind: part.type,
            offset: 0,
            text: part.text,
          }),
        )
        return { ...part, text: copyOf(part.text.slice(0, cutEnd(part.text, 0, BEGINNING))) }
      }
      if (bytesOf(part.call) <= 6 * BEGINNING) {
        return part
      }
      rest.push({ type: 'event', event: { type: 'tool', ...place, call: boundedCall(part.call) } })
      const { output: _, ...call } = part.call
      return { type: 'tool', call: { ...call, input: {} } }
    }),
  }))
  return { messages: cut, rest }
}

/** The newest text of a running answer is only here. The text of any other message is read when it is sent. */
function restOf({ status }: Message, whole: ChunkEvent): Rest[] {
  const start = cutEnd(whole.text, 0, BEGINNING)
  if (start === whole.text.length) {
    return []
  }
  const { text, ...piece } = whole
  const isOpen = isUnfinished(status)
  return splitChunk({ ...piece, offset: start, text: text.slice(start) }, MAX_PIECE).map(
    ({ text: own, ...place }) =>
      isOpen
        ? { type: 'event', event: { ...place, text: own } }
        : { type: 'stored', piece: place, end: place.offset + own.length },
  )
}

/** Copies a slice of a string: a slice alone would keep the whole string in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
