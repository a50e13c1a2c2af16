/** A longer one, in UTF-16 units, was rather never meant to be one. */
const LONGEST = 5_000
const blankLine = /\n[ \t]*\n/

const marks = [
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['$$', '$$'],
] as const

/**
 * The formula that a text begins with, with its marks: `\(…\)`, `\[…\]`, `$$…$$` or `$…$`, as writers of TeX set them.
 * None goes beyond a blank line. Of single dollars, as Pandoc has it, one opens before anything but a space and closes
 * after anything but a space and before no digit, so that `$5 or $10` is two prices.
 */
export function formulaAt(text: string): string | null {
  const near = text.slice(0, LONGEST)
  const [, close] = marks.find(([open]) => near.startsWith(open)) ?? []
  if (close) return whole(near, near.indexOf(close, 2), close.length)
  if (!/^\$[^\s$]/.test(near)) return null
  let end = near.indexOf('$', 1)
  // What is escaped ends nothing.
  while (end > 0 && near[end - 1] === '\\') end = near.indexOf('$', end + 1)
  if (end < 0 || /\s/.test(near.charAt(end - 1)) || /\d/.test(near.charAt(end + 1))) return null
  const found = whole(near, end, 1)
  return found?.includes('`') ? null : found
}

/** Where the next formula begins after the first character; -1 when there is none. */
export function nextFormula(text: string): number {
  for (let at = text.indexOf('$', 1); at > 0; at = text.indexOf('$', at + 1)) {
    if (formulaAt(text.slice(at, at + LONGEST))) return at
  }
  return -1
}

/** The text with its formulas blotted out, so that no mark of emphasis is found in one. */
export function withoutFormulas(text: string): string {
  if (!/[$\\]/.test(text)) return text
  let masked = ''
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    const found = char === '$' || char === '\\' ? formulaAt(text.slice(at, at + LONGEST)) : null
    if (found) masked += 'a'.repeat(found.length)
    else masked += char === '\\' ? text.slice(at, at + 2) : char
    at += found?.length ?? (char === '\\' ? 2 : 1)
  }
  return masked
}

function whole(text: string, end: number, markLength: number): string | null {
  const found = end > 0 ? text.slice(0, end + markLength) : ''
  return end > markLength && !blankLine.test(found) ? found : null
}
