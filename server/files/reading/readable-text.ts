/**
 * The bytes as text, in UTF-8, or in UTF-16 with its mark; null when they are not text.
 *
 * @param whole false when the text goes on, so that its last character may be cut
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
    // Logs and listings have a few control characters; more mean that it is not text.
    const controls = text.slice(0, 100_000).match(/(?!\s)\p{Cc}/gu)?.length ?? 0
    if (text.includes('\0') || controls > text.length / 50) return null
    return text
  } catch {
    return null
  }
}
