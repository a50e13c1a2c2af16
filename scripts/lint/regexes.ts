import { analyse } from 'scslre'

/** Longer patterns, as tables of characters are, would keep the analysis busy for minutes. */
const MAX_LENGTH = 2_000

/**
 * Why a regular expression may take time that grows with the square of its input, or worse, or null. Backtracking
 * within one attempt alone: that an attempt begins at each character is every unanchored search's own.
 */
export function regexProblem(source: string, flags: string): string | null {
  if (source.length > MAX_LENGTH) return null
  const { reports } = analyse({ source, flags }, { reportTypes: { Move: false } })
  const [worst] = reports.toSorted((a, b) => Number(b.exponential) - Number(a.exponential))
  if (!worst) return null
  const speed = worst.exponential ? 'exponential' : 'polynomial'
  return `backtracks in ${speed} time on an input such as ${JSON.stringify(worst.character.pick)} repeated`
}
