import { Fragment } from 'react'
import type { ReactNode } from 'react'

/**
 * Puts elements into a sentence: what stands between `<0>` and `</0>` is given to the first of them, and so on. A
 * translator moves the tags with the words.
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
