/** The longest text that the server takes, in UTF-16 units, as its contract has it. */
export const LONGEST_TEXT = 200_000

/** Why a text cannot be sent, before anybody tries; null when it can. */
export function tooLong(text: string): string | null {
  if (text.length <= LONGEST_TEXT) return null
  const [length, most] = [text.length, LONGEST_TEXT].map((count) => count.toLocaleString('en'))
  return `This is ${length} characters long. A message may have ${most} at most: please shorten it or send it in parts.`
}
