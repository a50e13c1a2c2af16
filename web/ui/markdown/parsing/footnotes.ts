/**
 * Labels of footnotes are numbers, or begin with `fn` or `note`. Others look like a class of a regular expression
 * (`[^abc]`) until their definition comes at the end of the text.
 */
const label = String.raw`\[\^(\d{1,3}[a-z]?|(?:fn|note)[\w-]{0,30})\]`
const markPattern = new RegExp(`^${label}(?!:)`)
const definitionPattern = new RegExp(`^ {0,3}${label}:[ \\t]+([^\\n]*)(?:\\n|$)`)
const nextPattern = new RegExp(`\\n(?= {0,3}${label}:[ \\t])`)

export type FootnoteMark = { raw: string; label: string }

export function footnoteMarkAt(text: string): FootnoteMark | null {
  const match = markPattern.exec(text)
  return match?.[1] === undefined ? null : { raw: match[0], label: match[1] }
}

/** A footnote is one line, so that later text cannot change it. */
export function footnoteAt(text: string): (FootnoteMark & { text: string }) | null {
  const match = definitionPattern.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return null
  return { raw: match[0], label: match[1], text: match[2] }
}

/** The index of a footnote that begins on a later line; -1 when there is none. */
export function nextFootnote(text: string): number {
  return text.search(nextPattern) + 1 || -1
}
