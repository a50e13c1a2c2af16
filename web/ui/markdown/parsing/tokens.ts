import type { MarkedToken, Token } from 'marked'

/** A formula without its delimiters; `isDisplay` when it has lines of its own. */
export type FormulaToken = { type: 'formula'; raw: string; text: string; isDisplay: boolean }

/** A number in a text that refers to a footnote. */
export type FootnoteMarkToken = { type: 'footnoteMark'; raw: string; label: string }

export type FootnoteToken = {
  type: 'footnote'
  raw: string
  label: string
  text: string
  tokens: Token[]
}

/** The tokens of the texts here: marked's, and our own. */
export type ChatToken = MarkedToken | FormulaToken | FootnoteMarkToken | FootnoteToken

/** marked's types know only that tokens of extensions are of some other type. */
export function standard(tokens: readonly Token[] | undefined): ChatToken[] {
  return (tokens ?? []) as ChatToken[]
}
