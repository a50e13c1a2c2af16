import { z } from 'zod'

/** A schema check for text columns: Postgres cannot store U+0000 in them. */
export const noNul = z.refine<string>(
  (text) => !text.includes('\u0000'),
  'must not contain the character U+0000',
)

/** The deepest nesting of stored JSON: recursion over deeper values overflows the stack. */
export const MAX_NESTING = 200

/** Walks level by level instead of recursively, so that no depth overflows the stack. */
export function isNestedTooDeeply(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) return true
    level = level
      .filter((one) => typeof one === 'object' && one !== null)
      .flatMap((one) => Object.values(one ?? {}))
  }
  return false
}
