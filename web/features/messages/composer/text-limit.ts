/** The longest text that the server accepts, in UTF-16 units (see the contract). */
export const LONGEST_TEXT = 200_000

/** The reason why a text cannot be sent; null when it can. */
export function tooLong(text: string): string | null {
  if (text.length <= LONGEST_TEXT) return null
  const [length, most] = [text.length, LONGEST_TEXT].map((count) => count.toLocaleString('en'))
  return `This is ${length} characters long. A message may have ${most} at most: please shorten it or send it in parts.`
}
