import { blankOut, isProse } from '../prose.ts'

/** Longer text between dollar signs, in UTF-16 units, is hardly a formula. */
const MAX_FORMULA_LENGTH = 5_000
const blankLine = /\n[ \t]*\n/

const marks = [
  ['\\(', '\\)', false],
  ['\\[', '\\]', true],
  ['$$', '$$', true],
] as const

export type Formula = { raw: string; text: string; isDisplay: boolean }

/**
 * The formula at the beginning of a text: `\(…\)`, `\[…\]`, `$$…$$` or `$…$`. A formula contains no blank line. Single
 * dollars follow Pandoc's rules: the opening one has a non-space after it, and the closing one has a non-space before
 * it and no letter or digit after it, so that `$5 or $10` is two prices; nor is there prose between them.
 */
export function formulaAt(text: string): Formula | null {
  const near = text.slice(0, MAX_FORMULA_LENGTH)
  const mark = marks.find(([open]) => near.startsWith(open))
  if (mark) return between(near, near.indexOf(mark[1], 2), mark[1].length, mark[2])
  if (!/^\$[^\s$]/.test(near)) return null
  let end = near.indexOf('$', 1)
  // An escaped dollar does not close a formula.
  while (end > 0 && near[end - 1] === '\\') end = near.indexOf('$', end + 1)
  if (end < 0 || /\s/.test(near.charAt(end - 1)) || /[\p{L}\d]/u.test(near.charAt(end + 1))) {
    return null
  }
  const found = between(near, end, 1, false)
  return found && !found.text.includes('`') && !isProse(found.text) ? found : null
}

/** A formula on lines of its own, which may begin with what would be a list or a quote elsewhere. */
export function blockFormulaAt(text: string): Formula | null {
  const indent = /^ {0,3}(?=\$\$|\\\[)/.exec(text)?.[0]
  if (indent === undefined) return null
  const found = formulaAt(text.slice(indent.length))
  if (!found?.text.includes('\n')) return null
  const rest = /^[ \t]*(?:\n|$)/.exec(text.slice(indent.length + found.raw.length))?.[0] ?? ''
  return { ...found, raw: indent + found.raw + rest }
}

/** The index of a block formula that begins on a later line; -1 when there is none. */
export function nextBlockFormula(text: string): number {
  for (const { index } of text.matchAll(/\n {0,3}(?=\$\$|\\\[)/g)) {
    if (blankLine.test(text.slice(0, index + 1))) return -1
    if (blockFormulaAt(text.slice(index + 1, index + 1 + MAX_FORMULA_LENGTH))) return index + 1
  }
  return -1
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
    if (found) masked += blankOut(found.raw)
    else masked += char === '\\' ? text.slice(at, at + 2) : char
    at += found?.raw.length ?? (char === '\\' ? 2 : 1)
  }
  return masked
}

/** Returns true when a growing text, from an opening mark on, may still become a formula. */
export function mayBecomeFormula(text: string): boolean {
  if (blankLine.test(text)) return false
  if (marks.some(([open]) => text.startsWith(open))) return text.length < MAX_FORMULA_LENGTH
  // A price is shown at once. So is prose: a dollar that opens nothing would hide the rest of its paragraph.
  if (!/^\$(?:$|[^\s\d$])/.test(text)) return text === '$'
  return text.length < 300 && !text.slice(0, -1).includes('`') && !isProse(text.slice(1))
}

function between(text: string, end: number, mark: number, isDisplay: boolean): Formula | null {
  const raw = end > 0 ? text.slice(0, end + mark) : ''
  if (end <= mark || blankLine.test(raw)) return null
  return { raw, text: raw.slice(mark, end).trim(), isDisplay }
}
