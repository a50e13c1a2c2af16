/**
 * The text that these bytes are, in UTF-8 or with the mark of UTF-16; null when they are none.
 *
 * @param whole false when the text goes on: its last character may then be cut
 */
export function readableText(bytes: Uint8Array, whole: boolean): string | null {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8'
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: !whole })
    // A few control characters are in logs and listings; more are no text that anybody reads.
    const controls = text.slice(0, 100_000).match(/(?!\s)\p{Cc}/gu)?.length ?? 0
    if (text.includes('\0') || controls > text.length / 50) return null
    return text
  } catch {
    return null
  }
}
