/** A moment as people of this browser write it; what is null has not been. */
export function formatMoment(at: string | null, never = 'never'): string {
  if (at === null) return never
  return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
