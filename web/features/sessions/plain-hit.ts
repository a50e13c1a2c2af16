import { plainText } from '../../ui/markdown/parsing/plain-text.ts'

type Excerpt = { snippet: string; highlights: readonly { start: number; end: number }[] }

/** Private-use characters that stand around the matches while the marks go. To Markdown they are letters. */
const BEGIN = '\uE000'
const END = '\uE001'

/**
 * A search hit without its Markdown, with the matches in it. Where they are in the marks alone, such as in a link's
 * address, it stays as it is.
 */
export function plainHit({ snippet, highlights }: Excerpt): Excerpt {
  if (snippet.includes(BEGIN) || snippet.includes(END)) return { snippet, highlights }
  const words = plainText(onOneLine(withMatches(snippet, highlights)))
    // Bold that is cut by the excerpt.
    .replaceAll(/(?<=^|\s|…)\*\*(?=\S)|(?<=\S)\*\*(?=\s|…|$)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const plain = readMatches(words)
  return plain.highlights.length === 0 && highlights.length > 0 ? { snippet, highlights } : plain
}

/** Without the marks that need lines of their own, which an excerpt has not: fences, headings, the rules of tables. */
function onOneLine(markdown: string): string {
  const text = markdown
    .replaceAll(/(?<=^|\s|…)(?:```|~~~)\S*/g, '')
    .replaceAll(/(?<=\s)#{2,6}(?=\s)/g, '')
  return /\|\s*:?-{3}/.test(text) ? text.replaceAll(/\||(?<=\s):?-{3,}:?(?=\s)/g, ' ') : text
}

function withMatches(text: string, highlights: Excerpt['highlights']): string {
  let result = ''
  let place = 0
  for (const { start, end } of highlights) {
    result += text.slice(place, start) + BEGIN + text.slice(start, end) + END
    place = end
  }
  return result + text.slice(place)
}

function readMatches(text: string): Excerpt {
  let snippet = ''
  const highlights: { start: number; end: number }[] = []
  let start: number | null = null
  for (const [piece] of text.matchAll(/[\uE000\uE001]|[^\uE000\uE001]+/g)) {
    if (piece === BEGIN) {
      start = snippet.length
    } else if (piece === END) {
      if (start !== null) highlights.push({ start, end: snippet.length })
      start = null
    } else {
      snippet += piece
    }
  }
  return { snippet, highlights }
}
