/** Fields whose values are data or schemas, in which `null` has a meaning. */
const DATA = new Set(['structuredContent', 'inputSchema', 'outputSchema', 'arguments', 'data'])

/** Protocol fields are never nested deeper. */
const DEPTH = 12

/**
 * Removes the fields that are `null` from a message. In the protocol no field may be `null`; servers that serialize
 * their optional fields mean an absent one.
 */
export function withoutNulls(value: unknown, depth = DEPTH): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value
  if (Array.isArray(value)) {
    return value.filter((one) => one !== null).map((one) => withoutNulls(one, depth - 1))
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null && one !== undefined)
      .map(([key, one]) => [key, DATA.has(key) ? one : withoutNulls(one, depth - 1)]),
  )
}
