/** Replaces what the database cannot store: U+0000 and lone surrogates. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed()
}
