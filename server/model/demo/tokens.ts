/**
 * The demo model's tokens: words with the space before them, long words in pieces of five letters, numbers in pieces of
 * three digits, and every other character alone. Streaming, `max_tokens` and usage count these.
 */
export function tokenize(text: string): string[] {
  return (
    text.match(
      / ?\p{L}{1,5}(?=\p{L}|[^\p{L}]|$)|\p{L}{1,5}| ?\p{N}{1,3}|\s+(?=\s)|\s|[^\s\p{L}\p{N}]\p{M}*/gu,
    ) ?? []
  )
}

export function countTokens(text: string): number {
  return tokenize(text).length
}
