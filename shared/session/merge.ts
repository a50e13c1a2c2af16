import type { ChunkEvent } from '../contract/events.ts'

/**
 * Two chunks as one, or null when they cannot be: they must be of the same part, and the second must begin where the
 * first ends. Folding the one chunk does what folding the two does.
 *
 * @param maxLength the most UTF-16 units that the joined chunk may have; it is exceeded only where the first chunk
 *   would otherwise end within a surrogate pair
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

/** An event at its place, of whichever kinds there are beside chunks. */
type Placed<Event> = { seq: number; event: Event | ChunkEvent }

/**
 * Two neighbouring events of a log as one with the second's seq, or null when they are not chunks that can be joined.
 *
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
 * Merges neighbouring chunks wherever that can be, for readers that are behind and for replays.
 *
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
