/** Fields whose values are data, or schemas: there `null` means something. */
const DATA = new Set(['structuredContent', 'inputSchema', 'outputSchema', 'arguments', 'data'])

/** Beyond this nothing is a field of the protocol. */
const DEPTH = 12

/**
 * A message, or a piece of one, without the fields that are `null`. The protocol knows no field that may be: to it
 * they are absent, which is what servers mean that write their optional fields out.
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
