type Excerpt = { snippet: string; highlights: readonly { start: number; end: number }[] }

/**
 * True when the server found only words that are spelled like the ones that were looked for: nothing that it marked
 * begins with one of them, or contains the whole text.
 */
export function areGuesses(query: string, hits: readonly Excerpt[]): boolean {
  const wanted = wordsOf(query)
  const marked = hits.flatMap(({ snippet, highlights }) =>
    highlights.map(({ start, end }) => snippet.slice(start, end)),
  )
  return marked.length > 0 && !marked.some((text) => isFound(text, query, wanted))
}

function isFound(text: string, query: string, wanted: readonly string[]): boolean {
  if (text.toLowerCase().includes(query.toLowerCase())) return true
  return wordsOf(text).some((word) => wanted.some((begin) => word.startsWith(begin)))
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
}
