import { holdBack, withoutHalfFence } from './hold-back.ts'
import { standard } from './tokens.ts'
import type { ChatToken, Tokens } from './lex.ts'

/** An opening emphasis mark: before a word or at the very end, after a space, a bracket or a quote. */
const opening = /(^|[\s([{"'“‘–—])(\*{1,3}|_{1,3}|~~|~$|`{1,2})(?=[^\s*_~`]|$)/

/** A longer unclosed emphasis, in UTF-16 units, is hardly meant as one. */
const MAX_EMPHASIS_LENGTH = 400

/**
 * Closes the open emphasis at the end of a growing text's last block, so that its opening marks are not shown as
 * characters until the closing ones arrive; what may become a link or a formula is held back until it is one.
 */
export function closeEmphasis(block: ChatToken): ChatToken {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
    case 'footnote':
      return { ...block, tokens: closeEnd(block.tokens) }
    case 'text':
      return block.tokens ? { ...block, tokens: closeEnd(block.tokens) } : block
    case 'code':
      return { ...block, text: withoutHalfFence(block.text, block.raw) }
    case 'blockquote':
      return { ...block, tokens: replaceLast(standard(block.tokens), closeEmphasis) }
    case 'list':
      return { ...block, items: replaceLast(block.items, closeItem) }
    case 'table':
      return { ...block, rows: replaceLast(block.rows, closeRow) }
    default:
      return block
  }
}

function closeItem(item: Tokens.ListItem): Tokens.ListItem {
  return { ...item, tokens: replaceLast(standard(item.tokens), closeEmphasis) }
}

function closeRow(row: Tokens.TableCell[]): Tokens.TableCell[] {
  const index = row.findLastIndex((cell) => cell.text !== '')
  const cell = row[index]
  return cell ? row.with(index, { ...cell, tokens: closeEnd(cell.tokens) }) : row
}

function closeEnd(tokens: Tokens.Paragraph['tokens']): ChatToken[] {
  return closeInline(holdBack(standard(tokens)))
}

function closeInline(tokens: readonly ChatToken[]): ChatToken[] {
  const joined = joinHalfClosed(tokens)
  for (const [index, token] of joined.entries()) {
    if (token.type !== 'text' || token.tokens) continue
    const match = opening.exec(token.text)
    const mark = match?.[2]
    if (!match || !mark) continue
    const start = match.index + (match[1] ?? '').length
    const before = [...joined.slice(0, index), textToken(token.text.slice(0, start))]
    const within = [textToken(token.text.slice(start + mark.length)), ...joined.slice(index + 1)]
    const length = within.reduce((sum, { raw }) => sum + raw.length, 0)
    if (length > MAX_EMPHASIS_LENGTH) continue
    return length === 0 ? before : [...before, emphasis(mark, within)]
  }
  return joined
}

function emphasis(mark: string, tokens: ChatToken[]): ChatToken {
  const raw = tokens.map((token) => token.raw).join('')
  if (mark.startsWith('`')) return { type: 'codespan', raw, text: raw.replace(/`$/, '') }
  const closed = closeInline(replaceLast(tokens, (last) => withoutEnd(last, mark)))
  if (mark === '~~') return { type: 'del', raw, text: raw, tokens: closed }
  if (mark.length === 1) return { type: 'em', raw, text: raw, tokens: closed }
  const strong: Tokens.Strong = { type: 'strong', raw, text: raw, tokens: closed }
  return mark.length === 2 ? strong : { type: 'em', raw, text: raw, tokens: [strong] }
}

/** With half of the closing mark, `**word*` parses as a star and an emphasis, which would be shown for a moment. */
function joinHalfClosed(tokens: readonly ChatToken[]): ChatToken[] {
  const last = tokens.at(-1)
  const before = tokens.at(-2)
  if ((last?.type !== 'em' && last?.type !== 'del') || before?.type !== 'text' || before.tokens) {
    return [...tokens]
  }
  const mark = last.raw.slice(0, 1)
  if (!before.text.endsWith(mark)) return [...tokens]
  const joined: ChatToken = last.type === 'em' ? { ...last, type: 'strong' } : last
  return [...tokens.slice(0, -2), textToken(before.text.slice(0, -1)), joined]
}

/** Removes the incomplete closing mark. */
function withoutEnd(token: ChatToken, mark: string): ChatToken {
  if (token.type !== 'text' || token.tokens || !token.text.endsWith(mark.slice(0, 1))) return token
  return withoutEnd(textToken(token.text.slice(0, -1)), mark)
}

function textToken(text: string): ChatToken {
  return { type: 'text', raw: text, text, escaped: false }
}

function replaceLast<Item>(items: readonly Item[], replace: (last: Item) => Item): Item[] {
  const last = items.at(-1)
  return last === undefined ? [] : items.with(-1, replace(last))
}
