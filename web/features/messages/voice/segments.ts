/** Shorter beginnings wait for more, so that the voice does not stumble from word to word. */
const LEAST = 40

/**
 * Where the next part to read aloud ends: after the last whole sentence or line of what is there, or at the end of an
 * answer that is whole. Never inside of a code block.
 * @param from where reading stands, in UTF-16 units
 * @returns `from` when there is nothing to read yet
 */
export function segmentEnd(text: string, from: number, isWhole: boolean): number {
  if (isWhole) return text.length
  const rest = text.slice(from, openFence(text, from))
  let end = 0
  for (const match of rest.matchAll(/[.!?…。！？][)"'”’*_]*\s|\n/g)) {
    end = match.index + match[0].length
  }
  return rest.slice(0, end).trim().length < LEAST ? from : from + end
}

/** Where a code block begins that has no end yet; the end of the text when there is none. */
function openFence(text: string, from: number): number {
  let open: number | null = null
  for (const { index } of text.slice(from).matchAll(/^ {0,3}(?:```|~~~)/gm)) {
    open = open === null ? from + index : null
  }
  return open ?? text.length
}
