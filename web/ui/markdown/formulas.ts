/** Longer text between dollar signs, in UTF-16 units, is hardly a formula. */
const MAX_FORMULA_LENGTH = 5_000
const blankLine = /\n[ \t]*\n/

const marks = [
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['$$', '$$'],
] as const

/**
 * The formula at the beginning of a text, with its delimiters: `\(…\)`, `\[…\]`, `$$…$$` or `$…$`. A formula contains
 * no blank line. Single dollars follow Pandoc's rules: the opening one has a non-space after it, and the closing one
 * has a non-space before it and no digit after it, so that `$5 or $10` is two prices.
 */
export function formulaAt(text: string): string | null {
  const near = text.slice(0, MAX_FORMULA_LENGTH)
  const [, close] = marks.find(([open]) => near.startsWith(open)) ?? []
  if (close) return whole(near, near.indexOf(close, 2), close.length)
  if (!/^\$[^\s$]/.test(near)) return null
  let end = near.indexOf('$', 1)
  // An escaped dollar does not close a formula.
  while (end > 0 && near[end - 1] === '\\') end = near.indexOf('$', end + 1)
  if (end < 0 || /\s/.test(near.charAt(end - 1)) || /\d/.test(near.charAt(end + 1))) return null
  const found = whole(near, end, 1)
  return found?.includes('`') ? null : found
}

/** The index of the next formula after the first character; -1 when there is none. */
export function nextFormula(text: string): number {
  for (let at = text.indexOf('$', 1); at > 0; at = text.indexOf('$', at + 1)) {
    if (formulaAt(text.slice(at, at + MAX_FORMULA_LENGTH))) return at
  }
  return -1
}

/** The text with its formulas blanked out, so that no emphasis is found inside of them. */
export function withoutFormulas(text: string): string {
  if (!/[$\\]/.test(text)) return text
  let masked = ''
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    const found =
      char === '$' || char === '\\' ? formulaAt(text.slice(at, at + MAX_FORMULA_LENGTH)) : null
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
