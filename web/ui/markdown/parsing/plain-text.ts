import { wordsOf } from '../csv.ts'
import { emptyText, splitText } from './split.ts'
import { standard } from './tokens.ts'
import type { ChatToken } from './tokens.ts'

/** The visible text of Markdown, one line for each block. */
export function plainText(markdown: string): string {
  return splitText(emptyText, markdown)
    .blocks.map(({ token }) => wordsOfBlock(token))
    .join('\n')
}

function wordsOfBlock(token: ChatToken): string {
  switch (token.type) {
    case 'code':
      return token.text
    case 'list':
      return token.items
        .map(({ tokens }) => standard(tokens).map(wordsOfBlock).join('\n'))
        .join('\n')
    case 'blockquote':
      return standard(token.tokens).map(wordsOfBlock).join('\n')
    case 'table':
      return [token.header, ...token.rows]
        .map((cells) => cells.map((cell) => wordsOf(standard(cell.tokens))).join('\n'))
        .join('\n')
    case 'hr':
    case 'space':
    case 'def':
      return ''
    default:
      return wordsOf([token])
  }
}
