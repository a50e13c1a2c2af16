import { analyse } from 'scslre'

/** The analysis of longer patterns, such as tables of characters, would take minutes. */
const MAX_LENGTH = 2_000

/**
 * The reason why a regular expression may take quadratic time or worse; null when it does not. Only backtracking within
 * one attempt is considered, because every unanchored search makes an attempt at each character.
 */
export function regexProblem(source: string, flags: string): string | null {
  if (source.length > MAX_LENGTH) return null
  const { reports } = analyse({ source, flags }, { reportTypes: { Move: false } })
  const [worst] = reports.toSorted((a, b) => Number(b.exponential) - Number(a.exponential))
  if (!worst) return null
  const speed = worst.exponential ? 'exponential' : 'polynomial'
  return `backtracks in ${speed} time on an input such as ${JSON.stringify(worst.character.pick)} repeated`
}
