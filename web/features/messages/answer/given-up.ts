import type { AppPart } from '../../../../shared/client/index.ts'

/** The parts of an answer that a reader has seen while it is written. */
export type Seen = {
  parts: readonly AppPart[]
  /** The parts before a takeover restarted the step; null when the answer is longer again. */
  lost: readonly AppPart[] | null
}

/** The state after a change of the answer. Its text gets shorter only when another attempt takes over. */
export function seenAfter(before: Seen, parts: readonly AppPart[], isLive: boolean): Seen {
  if (!isLive) return { parts, lost: null }
  const [now, shown] = [lengthOf(parts), lengthOf(before.parts)]
  const lost = before.lost ?? (now < shown ? before.parts : null)
  return { parts, lost: lost !== null && now < lengthOf(lost) ? lost : null }
}

/** The text that was seen and is not written again yet. */
export function givenUpText({ parts, lost }: Seen): string {
  return lost === null ? '' : textOf(lost).slice(lengthOf(parts))
}

function textOf(parts: readonly AppPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function lengthOf(parts: readonly AppPart[]): number {
  return parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0)
}
