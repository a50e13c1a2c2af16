import { Hooks, Lexer, Tokenizer } from 'marked'
import type { Links, Token, Tokens } from 'marked'
import { footnoteAt, footnoteMarkAt, nextFootnote } from './footnotes.ts'
import {
  blockFormulaAt,
  formulaAt,
  nextBlockFormula,
  nextFormula,
  withoutFormulas,
} from '../formula/formulas.ts'
import { standard } from './tokens.ts'
import type { ChatToken, FootnoteMarkToken, FootnoteToken, FormulaToken } from './tokens.ts'

export type { ChatToken, Links, Tokens }

const definition = /^ {0,3}\[([^[\]\n]+)\]: +(\S+)(?: +"([^"\n]*)")? *(?:\n|$)/
/** An address in angle brackets is a link and not a tag. */
const tag = /^<\/?(?![a-zA-Z][\w+.-]*:|[\w.+-]+@)[a-zA-Z][^<>\n]*>|^<!--[^\n]*?-->/

/** The deepest nesting of quotes, lists and emphasis, since every level uses stack; deeper content stays text. */
const MAX_DEPTH = 24

/**
 * GitHub's Markdown with three changes, which ensure that text before a blank line is never changed by later text. Raw
 * HTML is text, because an open `<script>` or comment would extend to the end. A link definition is one line, because
 * its title may otherwise span paragraphs. There are no underlined headings, because `text` followed by the first `-`
 * of a list would briefly be a heading. In addition, there are formulas and footnotes, and too deeply nested content
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

  // Called before all that a formula's lines could be taken for. marked accepts any token.
  override fences(src: string): Tokens.Code | undefined {
    const formula = blockFormulaAt(src)
    if (formula) {
      return { type: 'formula', ...formula } satisfies FormulaToken as Token as Tokens.Code
    }
    const note = footnoteAt(src)
    if (!note) return super.fences(src)
    const tokens = this.lexer.inline(note.text)
    return { type: 'footnote', ...note, tokens } satisfies FootnoteToken as Token as Tokens.Code
  }

  // Called first, at each position in a paragraph.
  override escape(src: string): Tokens.Escape | undefined {
    const formula = formulaAt(src)
    if (formula) {
      return { type: 'formula', ...formula } satisfies FormulaToken as Token as Tokens.Escape
    }
    const mark = footnoteMarkAt(src)
    if (!mark) return super.escape(src)
    return { type: 'footnoteMark', ...mark } satisfies FootnoteMarkToken as Token as Tokens.Escape
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
export function lex(source: string, known: Links): { tokens: ChatToken[]; links: Links } {
  const lexer = new Lexer({
    gfm: true,
    tokenizer: new ChatTokenizer(),
    hooks: new ChatHooks(),
    // Lines that end a paragraph without a blank line, in addition to GitHub's.
    extensions: { startBlock: [nextBlockFormula, nextFootnote], renderers: {}, childTokens: {} },
  })
  // Without a prototype, so that `[constructor]` is not taken for a link.
  lexer.tokens.links = Object.assign(Object.create(null), known)
  const tokens = lexer.lex(source)
  return { tokens: standard(tokens), links: tokens.links }
}
