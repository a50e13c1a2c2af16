/** Returns true when a text between single dollars is words and not a formula: two of them follow each other. */
export function isProse(text: string): boolean {
  if (!/\s/.test(text)) return false
  const bare = text.replaceAll(/\{[^{}]*\}/g, '{}').replaceAll(/\\[a-zA-Z]+/g, '\\')
  return /(?<![\\\p{L}])\p{L}{2,}[,;:]?\s+\p{L}{2,}(?!\p{L})/u.test(bare)
}

/** Letters that replace a text of the same length. */
export function blankOut(text: string): string {
  return 'a'.repeat(text.length)
}
