import { t } from '../../../language/t.ts'

/** The longest text that the server accepts, in UTF-16 units (see the contract). */
export const LONGEST_TEXT = 200_000

/** The reason why a text cannot be sent; null when it can. */
export function tooLong(text: string): string | null {
  if (text.length <= LONGEST_TEXT) return null
  return t(
    'This is {length, number} characters long. A message may have {most, number} at most: please shorten it or send it in parts.',
    { length: text.length, most: LONGEST_TEXT },
  )
}
