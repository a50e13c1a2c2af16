import { Hooks, Lexer, Tokenizer } from 'marked'
import type { Links, MarkedToken, Token, Tokens } from 'marked'

import { formulaAt, nextFormula, withoutFormulas } from './formulas.ts'

export type { Links, MarkedToken, Tokens }

const definition = /^ {0,3}\[([^[\]\n]+)\]: +(\S+)(?: +"([^"\n]*)")? *(?:\n|$)/
const tag = /^<\/?[a-zA-Z][^<>\n]*>|^<!--[^\n]*?-->/

/** Quotes in quotes, lists in lists, emphasis in emphasis: what is deeper is text, for every level takes from the stack. */
const MAX_DEPTH = 24

/**
 * GitHub's Markdown with three changes, each so that what stands before a blank line can never be changed by what
 * comes after it:
 * raw HTML is text (an open `<script>` or comment would swallow everything behind it),
 * a link definition is one line (a title may otherwise span paragraphs),
 * and there are no underlined headings (`text` followed by the first `-` of a list would flash as one).
 * Beside that, formulas are text as it was written, and what is nested without end stays text.
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

  // Asked first, at each place in a paragraph.
  override escape(src: string): Tokens.Escape | undefined {
    const formula = formulaAt(src)
    // marked takes whatever token it is given; one of raw text is drawn as it stands.
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

/** How far beyond a piece of text a formula may reach that begins in it, in UTF-16 units. */
const FORMULA_REACH = 5_000

function verbatim(text: string): Tokens.Tag {
  return { type: 'html', raw: text, inLink: false, inRawBlock: false, text, block: false }
}

class ChatHooks extends Hooks {
  override emStrongMask(src: string): string {
    return withoutFormulas(src)
  }
}

/** The tokens of a text and the link definitions in it, added to those known already: the first of a label counts. */
export function lex(source: string, known: Links): { tokens: MarkedToken[]; links: Links } {
  const lexer = new Lexer({ gfm: true, tokenizer: new ChatTokenizer(), hooks: new ChatHooks() })
  // Without a prototype: `[constructor]` is no link because every object has something of that name.
  lexer.tokens.links = Object.assign(Object.create(null), known)
  const tokens = lexer.lex(source)
  return { tokens: standard(tokens), links: tokens.links }
}

/** marked types every nested token as possibly an extension's; there are no extensions here. */
export function standard(tokens: Token[] | undefined): MarkedToken[] {
  return (tokens ?? []) as MarkedToken[]
}
