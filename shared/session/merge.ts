import type { ChunkEvent } from '../contract/events.ts'

/**
 * Joins two chunks, or returns null when they are not of the same part or the second does not begin where the first
 * ends. Folding the result is the same as folding both.
 * @param maxLength the most UTF-16 units of the joined chunk; it is exceeded only where the first chunk would otherwise
 * end within a surrogate pair
 */
export function joinChunks(
  first: ChunkEvent,
  second: ChunkEvent,
  maxLength = Number.POSITIVE_INFINITY,
): ChunkEvent | null {
  const follows =
    first.messageId === second.messageId &&
    first.part === second.part &&
    first.kind === second.kind &&
    first.offset + first.text.length === second.offset
  if (!follows) return null
  const length = first.text.length + second.text.length
  if (length > maxLength && !endsInsidePair(first.text)) return null
  return { ...first, text: first.text + second.text }
}

/** An event with its `seq`; besides chunks it may be of any kind. */
type Placed<Event> = { seq: number; event: Event | ChunkEvent }

/**
 * Joins two neighbouring events of a log into one with the second's `seq`, or returns null when they are not chunks
 * that can be joined.
 * @see joinChunks
 */
export function mergePair<Event extends { type: string }>(
  first: Placed<Event>,
  second: Placed<Event>,
  maxLength?: number,
): Placed<Event> | null {
  if (!isChunk(first.event) || !isChunk(second.event)) return null
  const event = joinChunks(first.event, second.event, maxLength)
  return event === null ? null : { seq: second.seq, event }
}

/**
 * Joins neighbouring chunks wherever possible, for readers that are behind and for replays.
 * @see joinChunks
 */
export function mergeChunks<Event extends { type: string }>(
  events: Iterable<Placed<Event>>,
  maxLength?: number,
): Placed<Event>[] {
  const merged: Placed<Event>[] = []
  for (const event of events) {
    const last = merged.at(-1)
    const pair = last === undefined ? null : mergePair(last, event, maxLength)
    if (pair === null) merged.push(event)
    else merged[merged.length - 1] = pair
  }
  return merged
}

function isChunk(event: { type: string }): event is ChunkEvent {
  return event.type === 'chunk'
}

function endsInsidePair(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1)
  return unit >= 0xd800 && unit <= 0xdbff
}
