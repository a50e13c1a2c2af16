import { Fragment } from 'react'
import type { ReactNode } from 'react'

/**
 * Puts elements into a sentence: the first one gets the text between `<0>` and `</0>`, and so on. Translators move the
 * tags with the words.
 */
export function rich(text: string, ...elements: ((inside: string) => ReactNode)[]): ReactNode {
  const pieces: ReactNode[] = []
  let from = 0
  for (const match of text.matchAll(/<(\d)>(.*?)<\/\1>/gs)) {
    const [whole, number, inside = ''] = match
    const draw = elements[Number(number)]
    pieces.push(text.slice(from, match.index), draw ? draw(inside) : inside)
    from = match.index + whole.length
  }
  pieces.push(text.slice(from))
  return pieces.map((piece, index) => <Fragment key={index}>{piece}</Fragment>)
}
