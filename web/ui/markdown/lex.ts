import { Hooks, Lexer, Tokenizer } from 'marked'
import type { Links, MarkedToken, Token, Tokens } from 'marked'

import { formulaAt, nextFormula, withoutFormulas } from './formulas.ts'

export type { Links, MarkedToken, Tokens }

const definition = /^ {0,3}\[([^[\]\n]+)\]: +(\S+)(?: +"([^"\n]*)")? *(?:\n|$)/
const tag = /^<\/?[a-zA-Z][^<>\n]*>|^<!--[^\n]*?-->/

/** The deepest nesting of quotes, lists and emphasis, since every level uses stack; deeper content stays text. */
const MAX_DEPTH = 24

/**
 * GitHub's Markdown with three changes, which ensure that text before a blank line is never changed by later text. Raw
 * HTML is text, because an open `<script>` or comment would extend to the end. A link definition is one line, because
 * its title may otherwise span paragraphs. There are no underlined headings, because `text` followed by the first `-`
 * of a list would briefly be a heading. In addition, formulas stay as they are written, and too deeply nested content
 * stays text.
 */
class ChatTokenizer extends Tokenizer {
  #depth = 0

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
    return verbatim(text)
  }

  // Called first, at each position in a paragraph.
  override escape(src: string): Tokens.Escape | undefined {
    const formula = formulaAt(src)
    // marked accepts any token; one of raw text is rendered unchanged.
    return formula ? (verbatim(formula) as Token as Tokens.Escape) : super.escape(src)
  }

  override inlineText(src: string): Tokens.Text | undefined {
    const token = super.inlineText(src)
    const next = token ? nextFormula(src.slice(0, token.raw.length + FORMULA_REACH)) : -1
    if (!token || next < 0 || next >= token.raw.length) return token
    return super.inlineText(src.slice(0, next))
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#within(() => super.blockquote(src))
  }

  override list(src: string): Tokens.List | undefined {
    return this.#within(() => super.list(src))
  }

  override emStrong(
    src: string,
    masked: string,
    previous?: string,
  ): Tokens.Em | Tokens.Strong | undefined {
    return this.#within(() => super.emStrong(src, masked, previous))
  }

  override del(src: string, masked: string, previous?: string): Tokens.Del | undefined {
    return this.#within(() => super.del(src, masked, previous))
  }

  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    return this.#within(() => super.link(src))
  }

  override reflink(
    src: string,
    links: Links,
  ): Tokens.Link | Tokens.Image | Tokens.Text | undefined {
    return this.#within(() => super.reflink(src, links))
  }

  #within<Found>(find: () => Found): Found | undefined {
    if (this.#depth >= MAX_DEPTH) return undefined
    this.#depth += 1
    try {
      return find()
    } finally {
      this.#depth -= 1
    }
  }
}

/** The longest extension of a formula beyond the piece of text in which it begins, in UTF-16 units. */
const FORMULA_REACH = 5_000

function verbatim(text: string): Tokens.Tag {
  return { type: 'html', raw: text, inLink: false, inRawBlock: false, text, block: false }
}

class ChatHooks extends Hooks {
  override emStrongMask(src: string): string {
    return withoutFormulas(src)
  }
}

/** The tokens of a text, and its link definitions added to the known ones: the first definition of a label counts. */
export function lex(source: string, known: Links): { tokens: MarkedToken[]; links: Links } {
  const lexer = new Lexer({ gfm: true, tokenizer: new ChatTokenizer(), hooks: new ChatHooks() })
  // Without a prototype, so that `[constructor]` is not taken for a link.
  lexer.tokens.links = Object.assign(Object.create(null), known)
  const tokens = lexer.lex(source)
  return { tokens: standard(tokens), links: tokens.links }
}

/** marked's types allow tokens of extensions; none are used here. */
export function standard(tokens: Token[] | undefined): MarkedToken[] {
  return (tokens ?? []) as MarkedToken[]
}
