import { createHighlighterCore } from 'shiki/core'
import type { HighlighterCore, ThemeRegistration } from 'shiki/core'
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript'
import { TOKEN_KINDS } from './token-kinds.ts'
import type { TokenKind } from './token-kinds.ts'
import { grammarOf } from './grammars.ts'

/** The scopes of grammars for each kind of token; the most specific scope counts. */
const scopes: Record<TokenKind, string[]> = {
  comment: ['comment', 'punctuation.definition.comment'],
  string: ['string', 'punctuation.definition.string', 'markup.inline.raw', 'markup.raw'],
  number: [
    ...['constant.numeric', 'constant.language', 'constant.character', 'support.constant'],
    ...['keyword.other.unit', 'constant.other'],
  ],
  keyword: [
    ...['keyword', 'storage', 'variable.language', 'entity.name.tag', 'markup.heading'],
    ...['entity.name.section', 'support.type.primitive'],
    'punctuation.definition.template-expression',
  ],
  call: [
    ...['entity.name.function', 'support.function', 'entity.name.type', 'entity.name.class'],
    ...['support.class', 'entity.other.attribute-name', 'support.type.property-name'],
    ...['entity.name.tag.yaml', 'variable.other.property.toml', 'meta.decorator'],
  ],
  plain: ['keyword.operator', 'punctuation.separator', 'string source', 'string meta.embedded'],
  inserted: ['markup.inserted'],
  deleted: ['markup.deleted'],
}

/** A theme whose colours are the places of the kinds in their list. */
const theme: ThemeRegistration = {
  name: 'kinds',
  type: 'dark',
  colors: { 'editor.foreground': '#FFFFFF', 'editor.background': '#000000' },
  tokenColors: TOKEN_KINDS.map((kind, index) => ({
    scope: scopes[kind],
    settings: { foreground: kind === 'plain' ? '#FFFFFF' : colourOf(index) },
  })),
}

/** The first line of a language makes its grammar's expressions, which takes a second on a busy machine. */
const LINE_PATIENCE_MS = 5_000

let highlighter: Promise<HighlighterCore> | null = null

/**
 * The tokens to highlight: triples of the index of a kind, the start and the end, in order.
 * @returns an empty list for an unknown language
 */
export async function codeTokens(code: string, language: string): Promise<Uint32Array> {
  const grammar = grammarOf(language)
  if (!grammar) return new Uint32Array()
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  })
  const { loadLanguage, codeToTokensBase } = await highlighter
  const { default: registrations } = await grammar.load()
  await loadLanguage(...registrations)
  const found: number[] = []
  const lines = codeToTokensBase(code, {
    lang: grammar.name,
    theme: 'kinds',
    tokenizeMaxLineLength: 5_000,
    tokenizeTimeLimit: LINE_PATIENCE_MS,
  })
  for (const token of lines.flat()) {
    const kind = kindOf(token.color)
    const end = token.offset + token.content.length
    if (kind < 0 || token.content.trim() === '') continue
    // Neighbours of a kind are one.
    if (found.at(-3) === kind && found.at(-1) === token.offset) found[found.length - 1] = end
    else found.push(kind, token.offset, end)
  }
  return new Uint32Array(found)
}

function colourOf(index: number): string {
  return `#00000${index + 1}`
}

function kindOf(colour: string | undefined): number {
  return TOKEN_KINDS.findIndex((_, index) => colour === colourOf(index))
}
