/** Longer values are not indented: a long and deeply nested one would consist mostly of spaces. */
const INDENTED = 50_000
/** The most UTF-16 units that are shown, which a page can still lay out. */
const SHOWN = 200_000

/** Formats a JSON value for reading, whatever its size and depth. */
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
    // The value is nested too deeply for the stack.
    return DEEP
  }
}
