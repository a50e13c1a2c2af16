/**
 * Cuts a text into pieces of 1 to some hundred bytes, in the middle of lines, of CRLF and of characters. The same seed
 * makes the same cuts.
 */
export function splitAnywhere(text: string, seed: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text)
  const next = random(seed)
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = next() < 0.3 ? 1 + Math.floor(next() * 4) : 1 + Math.floor(next() * 700)
    pieces.push(bytes.slice(at, at + length))
    at += length
  }
  return pieces
}

/** Mulberry32, seeded by the text's characters. */
function random(seed: string): () => number {
  let state = [...seed].reduce(
    (hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619),
    2_166_136_261,
  )
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
