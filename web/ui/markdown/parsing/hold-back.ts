import { mayBecomeFormula } from '../formula/formulas.ts'
import type { ChatToken } from './tokens.ts'

/** Markup that was opened further back than this is not held back, because it hardly closes any more. UTF-16 units. */
const REACH = 2_000

const openings = /!?\[|\$|\\(?:[([]|$)|!$|</g

const unfinished = [
  // A link or an image: its label, the undecided character after it, its address.
  /^!?\[[^\]\n]{0,200}$/,
  /^!?\[[^[\]\n]{0,200}\]$/,
  /^!?\[[^[\]\n]{0,200}\](?:\((?:[^()\s]|\([^()\s]*\))*(?:\([^()\s]*| +"[^"\n]*"?)?|\[[^\]\n]*)$/,
  // A character that may stand before a bracket.
  /^[\\!]$/,
  // An address in angle brackets.
  /^<(?:[a-zA-Z][\w+.:/@?&=#%~-]{0,500})?$/,
]

/** The beginning of a table, a fence, a rule, a list, a heading or a quote, while it still looks like text. */
const beginning =
  /(?:^|\n) {0,3}(?:\|[^\n]*(?:\n[ |:-]*)?|`{1,2}|~{1,2}|-{1,2}|[*_]{1,3}|\+|#{1,6}|>|\d{1,3}[.)]?|\[\^[^\]\n]{0,30}\]?:?[ \t]*|\$|\\)$/

/**
 * Returns true when the last block of a growing text should not be shown yet, because it is likely to become something
 * else.
 */
export function isProvisional(token: ChatToken): boolean {
  const { raw } = token
  switch (token.type) {
    case 'paragraph':
    case 'list':
    case 'heading':
    case 'blockquote':
      return beginning.exec(raw)?.index === 0
    case 'hr':
      // Three stars may be the beginning of words.
      return !raw.includes('\n')
    case 'code':
      // The name of its language is not whole.
      return /^ {0,3}[`~]/.test(raw) && !raw.includes('\n')
    default:
      return false
  }
}

/** The tokens before an unfinished end that may become a link, a formula, a table, a fence or a rule. */
export function holdBack(tokens: readonly ChatToken[]): readonly ChatToken[] {
  const raw = tokens.map((token) => token.raw).join('')
  const line = beginning.exec(raw)
  const whole = line && line.index > 0 ? cutAt(tokens, line.index) : tokens
  let offset = 0
  for (const token of whole) {
    const isPlain = token.type === 'escape' || (token.type === 'text' && !token.tokens)
    if (isPlain && raw.length - offset - token.raw.length < REACH) {
      for (const { index } of token.raw.matchAll(openings)) {
        if (isUnfinished(raw.slice(offset + index))) return cutAt(whole, offset + index)
      }
    }
    offset += token.raw.length
  }
  return whole
}

/** The code without the first characters of its closing fence. */
export function withoutHalfFence(code: string, raw: string): string {
  const [, fence = ''] = /^ {0,3}(`{3,}|~{3,})/.exec(raw) ?? []
  const [, half = ''] = /\n {0,3}(`+|~+)$/.exec(raw) ?? []
  const isHalf = half !== '' && half.length < fence.length && half[0] === fence[0]
  return isHalf ? code.replace(/(?:^|\n) *[`~]+$/, '') : code
}

function isUnfinished(text: string): boolean {
  if (text.length > REACH) return false
  return mayBecomeFormula(text) || unfinished.some((pattern) => pattern.test(text))
}

function cutAt(tokens: readonly ChatToken[], end: number): ChatToken[] {
  const kept: ChatToken[] = []
  let offset = 0
  for (const token of tokens) {
    const rest = end - offset
    if (rest <= 0) break
    if (rest >= token.raw.length) {
      kept.push(token)
    } else if (token.type === 'text' && !token.tokens) {
      const text = token.raw.slice(0, rest)
      kept.push({ type: 'text', raw: text, text, escaped: false })
    }
    offset += token.raw.length
  }
  return kept
}
