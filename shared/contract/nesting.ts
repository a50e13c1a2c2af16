/** Levels of arrays and objects in JSON that is recorded: who reads deeper ones runs out of stack. */
export const MAX_NESTING = 200

/** Looks one level after the other, so that no depth is too much for it. */
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
