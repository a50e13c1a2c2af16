import { msg, t } from '../language/t.ts'

/** Longer values are not indented: a long and deeply nested one would consist mostly of spaces. */
const MAX_INDENTED_LENGTH = 50_000
/** The most UTF-16 units that are shown, which a page can still lay out. */
const MAX_SHOWN_LENGTH = 200_000

/** Formats a JSON value for reading, whatever its size and depth. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return value
  const text = oneLine(value)
  const shown =
    text === t(DEEP) || text.length > MAX_INDENTED_LENGTH
      ? text
      : (JSON.stringify(value, null, 2) ?? text)
  return shown.length > MAX_SHOWN_LENGTH ? `${shown.slice(0, MAX_SHOWN_LENGTH)}…` : shown
}

const DEEP = msg('nested too deeply to be shown')

/** The same on one line. */
export function oneLine(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    // The value is nested too deeply for the stack.
    return t(DEEP)
  }
}
