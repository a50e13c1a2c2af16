import { lex } from './lex.ts'
import type { Links, ChatToken } from './lex.ts'

/** A top-level block of a text. While its content stays the same, so does the object. */
export type Block = {
  /** Its offset in the text, which is stable because text only grows at the end. */
  key: number
  token: ChatToken
}

/**
 * A text split into blocks, with the state for continuing. `blocks` depends only on the text: however it grew, they
 * equal those of lexing the whole text.
 */
export type SplitText = {
  blocks: readonly Block[]
  source: string
  /** Every link definition in `source`. */
  links: Links
  /** Appending text to `source` does not change the blocks before this offset, unless it defines a link. */
  boundary: number
  /** The number of blocks that begin before the boundary. */
  settled: number
  /** The link definitions before the boundary. */
  settledLinks: Links
}

export const emptyText: SplitText = {
  blocks: [],
  source: '',
  links: {},
  boundary: 0,
  settled: 0,
  settledLinks: {},
}

/** Splits a text. Lexes only the part that may differ from `previous`, an earlier state of the same text. */
export function splitText(previous: SplitText, text: string): SplitText {
  const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  if (source === previous.source) return previous
  if (!source.startsWith(previous.source.slice(0, previous.boundary))) {
    return splitText(emptyText, source)
  }
  const { tokens, links } = lex(source.slice(previous.boundary), previous.settledLinks)
  const linksAreSame = sameLinks(previous.links, links)
  // A new definition may turn earlier `[words]` into a link.
  if (!linksAreSame && previous.boundary > 0) return splitText(emptyText, source)

  let { boundary, settled } = previous
  const blocks = previous.blocks.slice(0, settled)
  const older = linksAreSame ? previous.blocks : []
  let position = boundary
  for (const token of tokens) {
    if (token.type !== 'space' && token.type !== 'def') {
      if (isSettled(source, position)) {
        boundary = position
        settled = blocks.length
      }
      blocks.push(reuseBlock(older[blocks.length], { key: position, token }))
    }
    position += token.raw.length
  }
  const state = { blocks, source, links }
  // If the pieces do not add up to the text, their offsets are unknown.
  if (position !== source.length) return { ...emptyText, ...state }
  const settledLinks = linksBefore(boundary, previous, source, links)
  return { ...state, boundary, settled, settledLinks }
}

function linksBefore(boundary: number, previous: SplitText, source: string, links: Links): Links {
  if (boundary === previous.boundary || Object.keys(links).length === 0) {
    return previous.settledLinks
  }
  return lex(source.slice(previous.boundary, boundary), previous.settledLinks).links
}

/**
 * Returns true when nothing before this block can change: a blank line precedes it, which ends paragraphs, tables and
 * quotes, and its first line is complete, which decides whether it continues a preceding list or indented code.
 */
function isSettled(source: string, position: number): boolean {
  const before = source.slice(Math.max(0, position - 80), position)
  return /\n[ \t]*\n[ \t]*$/.test(before) && source.includes('\n', position)
}

function sameLinks(a: Links, b: Links): boolean {
  const labels = Object.keys(b)
  return (
    labels.length === Object.keys(a).length &&
    labels.every(
      (label) => a[label]?.href === b[label]?.href && a[label]?.title === b[label]?.title,
    )
  )
}

function reuseBlock(old: Block | undefined, block: Block): Block {
  if (!old || old.key !== block.key || old.token.type !== block.token.type) return block
  if (sameContent(old.token, block.token)) return old
  if (old.token.type === 'list' && block.token.type === 'list') {
    const items = old.token.items
    block.token.items = block.token.items.map((item, index) => {
      const earlier = items[index]
      return earlier && sameContent(earlier, item) ? earlier : item
    })
  }
  if (old.token.type === 'table' && block.token.type === 'table') {
    const { align, rows } = old.token
    if (align.join() === block.token.align.join()) {
      block.token.rows = block.token.rows.map((row, index) => {
        const earlier = rows[index]
        return earlier && row.every((cell, column) => earlier[column]?.text === cell.text)
          ? earlier
          : row
      })
    }
  }
  return block
}

/** The same source can have different meanings after different lines; then its extracted text differs as well. */
function sameContent(a: ChatToken, b: ChatToken): boolean {
  return (
    a.raw === b.raw &&
    ('text' in a && 'text' in b ? a.text === b.text : true) &&
    ('loose' in a && 'loose' in b ? a.loose === b.loose : true) &&
    ('rows' in a && 'rows' in b ? a.rows.length === b.rows.length : true)
  )
}
