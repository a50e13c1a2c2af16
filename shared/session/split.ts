import type { ChunkEvent } from '../contract/events.ts'

/** Splits a chunk into several of at most `maxLength` UTF-16 units: folding them is the same as folding the one. */
export function splitChunk(chunk: ChunkEvent, maxLength: number): ChunkEvent[] {
  if (chunk.text.length <= maxLength) return [chunk]
  const pieces: ChunkEvent[] = []
  for (let from = 0; from < chunk.text.length;) {
    const end = cutEnd(chunk.text, from, maxLength)
    pieces.push({ ...chunk, offset: chunk.offset + from, text: chunk.text.slice(from, end) })
    from = end
  }
  return pieces
}

/**
 * The end of a piece of the text that begins at `from`: after `maxLength` units, or one less within a surrogate pair.
 */
export function cutEnd(text: string, from: number, maxLength: number): number {
  const end = from + maxLength
  if (end >= text.length) return text.length
  const unit = text.charCodeAt(end - 1)
  const splitsPair = unit >= 0xd800 && unit <= 0xdbff && isLow(text.charCodeAt(end))
  return splitsPair && end - 1 > from ? end - 1 : end
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
