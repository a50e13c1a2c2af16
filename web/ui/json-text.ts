/** Up to here a value is set out with its levels indented; a long one, deeply nested, would be mostly spaces. */
const INDENTED = 50_000
/** What is shown of one, in UTF-16 units: more than anybody reads, and less than a page can lay out. */
const SHOWN = 200_000

/** A JSON value as it is read, whatever its size and depth. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return value
  const text = oneLine(value)
  const shown =
    text === DEEP || text.length > INDENTED ? text : (JSON.stringify(value, null, 2) ?? text)
  return shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown
}

const DEEP = 'nested too deeply to be shown'

/** The same on one line. */
export function oneLine(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    // Deeper than the stack.
    return DEEP
  }
}
