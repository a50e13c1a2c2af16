const MOST_SESSIONS = 100
/** UTF-16 units. */
const MOST_LENGTH = 20_000_000

/** The sessions that are too many, or too large together: those that changed longest ago. */
export function beyondBounds(
  kept: readonly { id: string; at: number; length: number }[],
  { sessions, length }: { sessions: number; length: number } = {
    sessions: MOST_SESSIONS,
    length: MOST_LENGTH,
  },
): string[] {
  let total = 0
  return kept
    .toSorted((a, b) => b.at - a.at)
    .flatMap((one, index) => {
      total += one.length
      return index >= sessions || total > length ? [one.id] : []
    })
}
