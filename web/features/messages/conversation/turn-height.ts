import type { AppMessage } from '../../../../shared/client/index.ts'

/** The newest messages of a session, which are drawn first, say enough about the others. */
const LOOKED_AT = 20
/** The least height of a turn: a short question, a short answer, and the buttons below each. Pixels. */
const LEAST_PX = 170
const LINE_PX = 26
const LETTERS_IN_A_LINE = 70

/**
 * About how high a turn of these messages is, in pixels. Rows that are not measured yet count as so high: with too small
 * a number many more are drawn than the view has room for, and thrown away once they are measured.
 */
export function turnHeight(messages: readonly AppMessage[]): number {
  const newest = messages.slice(-LOOKED_AT)
  const turns = newest.filter(({ role }) => role === 'user').length
  const lines = newest.flatMap(({ parts }) => parts).reduce((sum, part) => sum + linesOf(part), 0)
  return LEAST_PX + Math.round((lines * LINE_PX) / Math.max(1, turns))
}

function linesOf(part: AppMessage['parts'][number]): number {
  if (part.type === 'tool') return 2
  return part.type === 'text' ? part.text.length / LETTERS_IN_A_LINE : 0
}
