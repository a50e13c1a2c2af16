import { decodeEntities } from './parsing/entities.ts'
import type { Tokens } from './parsing/lex.ts'
import { standard } from './parsing/tokens.ts'
import type { ChatToken } from './parsing/tokens.ts'

/** A table as CSV (RFC 4180). */
export function csvOf(table: Tokens.Table): string {
  const hasHeader = table.header.some((cell) => cell.text !== '')
  const rows = hasHeader ? [table.header, ...table.rows] : table.rows
  return rows.map((cells) => cells.map(fieldOf).join(',')).join('\r\n')
}

function fieldOf(cell: Tokens.TableCell): string {
  const text = wordsOf(standard(cell.tokens)).trim()
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The plain text of inline content. */
export function wordsOf(tokens: readonly ChatToken[]): string {
  return tokens
    .map((token) => {
      switch (token.type) {
        case 'br':
          return '\n'
        case 'html':
          return /^<br\s*\/?>$/i.test(token.text) ? '\n' : token.text
        case 'codespan':
        case 'image':
          return token.text
        case 'checkbox':
          return token.checked ? '[x] ' : '[ ] '
        case 'footnoteMark':
        case 'formula':
          return token.raw
        default:
          if ('tokens' in token && token.tokens) return wordsOf(standard(token.tokens))
          return decodeEntities('text' in token ? String(token.text) : token.raw)
      }
    })
    .join('')
}
