import type { Turn } from './turns.ts'

/** The keys of its first and its last turn, in any order; one for a single turn. */
export type KeptRange = readonly string[]

/** A longer selection would make the page slow: only its ends stay. */
const MOST_KEPT = 500

/**
 * The rows of a virtualized conversation that stay rendered at any scroll position.
 *
 * @param runningId the answer that is being written; it keeps state such as the form of a question
 * @param kept further turns
 */
export function keptRows(
  turns: readonly Turn[],
  runningId: string | null,
  kept: readonly KeptRange[],
): number[] {
  const ranges = kept.map((ends) =>
    ends.map((end) => turns.findIndex(({ key }) => key === end)).filter((index) => index >= 0),
  )
  return turns.flatMap(({ messageIds }, index) => {
    const isRunning = runningId !== null && messageIds.includes(runningId)
    const isKept = ranges.some((ends) => isWithin(index, ends))
    return isRunning || isKept || index === turns.length - 1 ? [index] : []
  })
}

function isWithin(index: number, ends: readonly number[]): boolean {
  const [first, last] = [Math.min(...ends), Math.max(...ends)]
  return last - first < MOST_KEPT ? index >= first && index <= last : ends.includes(index)
}
