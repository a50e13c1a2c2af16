const LONGEST = 60

/** A title from the first message: its first line, cut at a word. */
export function titleOf(text: string): string {
  const line =
    text.replaceAll('\0', '').trim().split('\n', 1)[0]?.replaceAll(/\s+/g, ' ').trim() ?? ''
  if (line.length <= LONGEST) {
    return line
  }
  const cut = line.slice(0, LONGEST + 1)
  const word = cut.lastIndexOf(' ')
  const start = cut.slice(0, word > LONGEST / 2 ? word : LONGEST)
  return `${start.replace(/[\uD800-\uDBFF]$/, '')}…`
}
