/**
 * Leaves out the middle of a long text, and says so in its place: the beginning of a result usually says what it is,
 * and its end how it came out.
 *
 * @param limit the most of the text to keep, in UTF-16 units
 */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) {
    return text
  }
  const head = Math.ceil(limit * 0.75)
  const tail = limit - head
  const left = text.length - limit
  const note = `\n[… ${left} of ${text.length} characters are left out here, because the result is too long to read …]\n`
  return `${text.slice(0, head).toWellFormed()}${note}${text.slice(text.length - tail).toWellFormed()}`
}
