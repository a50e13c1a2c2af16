import type { UserLimits } from '../../../shared/contract/user.ts'
import { limitNames } from './limit-names.ts'

const NONE = 'none'

/** The text of a limit in a form; empty when the server's settings apply. */
export function limitText(limit: number | null | undefined): string {
  if (limit === undefined) return ''
  return limit === null ? NONE : String(limit)
}

/** Parses the fields of limits; null when one of them is not a limit. */
export function toLimits(texts: Record<keyof UserLimits, string>): UserLimits | null {
  const limits: UserLimits = {}
  for (const [key] of limitNames) {
    const text = texts[key].trim().toLowerCase()
    if (text === '') continue
    const limit = text === NONE ? null : Number(text)
    if (limit !== null && !(limit >= 0 && Number.isFinite(limit))) return null
    limits[key] = limit
  }
  return limits
}
