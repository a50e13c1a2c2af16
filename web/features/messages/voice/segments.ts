/** Shorter beginnings wait for more, so that the voice does not stumble from word to word. */
const LEAST = 40

/**
 * The end of the next part to read aloud: after the last complete sentence or line so far, or the end of a finished
 * answer. It is never inside a code block.
 *
 * @param from the end of the part before, in UTF-16 units
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

/** The beginning of a code block without an end; the end of the text when there is none. */
function openFence(text: string, from: number): number {
  let open: number | null = null
  for (const { index } of text.slice(from).matchAll(/^ {0,3}(?:```|~~~)/gm)) {
    open = open === null ? from + index : null
  }
  return open ?? text.length
}
