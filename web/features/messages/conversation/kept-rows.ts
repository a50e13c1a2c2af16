import type { Turn } from './turns.ts'

/**
 * The rows of a virtualized conversation that are drawn wherever the reader is.
 * @param runningId the answer that is being written: what is open in it, such as the form of a question, is its state
 * @param kept the keys of further turns
 */
export function keptRows(
  turns: readonly Turn[],
  runningId: string | null,
  kept: readonly string[],
): number[] {
  return turns.flatMap(({ key, messageIds }, index) => {
    const isRunning = runningId !== null && messageIds.includes(runningId)
    return isRunning || kept.includes(key) || index === turns.length - 1 ? [index] : []
  })
}
