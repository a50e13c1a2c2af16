import { Lexer, Tokenizer } from 'marked'
import type { Links, MarkedToken, Token, Tokens } from 'marked'

export type { Links, MarkedToken, Tokens }

const definition = /^ {0,3}\[([^[\]\n]+)\]: +(\S+)(?: +"([^"\n]*)")? *(?:\n|$)/
const tag = /^<\/?[a-zA-Z][^<>\n]*>|^<!--[^\n]*?-->/

/**
 * GitHub's Markdown with three changes, each so that what stands before a blank line can never be changed by what
 * comes after it:
 * raw HTML is text (an open `<script>` or comment would swallow everything behind it),
 * a link definition is one line (a title may otherwise span paragraphs),
 * and there are no underlined headings (`text` followed by the first `-` of a list would flash as one).
 */
class ChatTokenizer extends Tokenizer {
  override html(): undefined {
    return undefined
  }

  override lheading(): undefined {
    return undefined
  }

  override def(src: string): Tokens.Def | undefined {
    const match = definition.exec(src)
    if (!match?.[1] || !match[2]) return undefined
    const label = match[1].trim().replace(/\s+/g, ' ').toLowerCase()
    return { type: 'def', raw: match[0], tag: label, href: match[2], title: match[3] ?? '' }
  }

  override tag(src: string): Tokens.Tag | undefined {
    const match = tag.exec(src)
    if (!match) return undefined
    const text = match[0]
    return { type: 'html', raw: text, inLink: false, inRawBlock: false, text, block: false }
  }
}

/** The tokens of a text and the link definitions in it, added to those known already: the first of a label counts. */
export function lex(source: string, known: Links): { tokens: MarkedToken[]; links: Links } {
  const lexer = new Lexer({ gfm: true, tokenizer: new ChatTokenizer() })
  // Without a prototype: `[constructor]` is no link because every object has something of that name.
  lexer.tokens.links = Object.assign(Object.create(null), known)
  const tokens = lexer.lex(source)
  return { tokens: standard(tokens), links: tokens.links }
}

/** marked types every nested token as possibly an extension's; there are no extensions here. */
export function standard(tokens: Token[] | undefined): MarkedToken[] {
  return (tokens ?? []) as MarkedToken[]
}
