import { offsetsOf } from './matches.ts'

/** The elements that contain the text of a message. */
const SAID = '.markdown, [data-said]'
/** Drawn beside the words. */
const BESIDE = 'figcaption, details, button'

/** Marks the words in all drawn messages, without changing them (CSS Custom Highlight API). */
export function markFound(root: Element, words: string): void {
  if (typeof Highlight === 'undefined') return
  const ranges = [...root.querySelectorAll('[data-message]')].flatMap((one) => rangesIn(one, words))
  CSS.highlights.set('found', new Highlight(...ranges))
}

/** Marks one place among them; null when it is not drawn, as in a folded message. */
export function markPlace(message: Element, words: string, index: number): Range | null {
  const range = rangesIn(message, words)[index] ?? null
  if (typeof Highlight !== 'undefined') {
    CSS.highlights.set('found-now', range ? new Highlight(range) : new Highlight())
  }
  return range
}

export function unmark(): void {
  if (typeof Highlight === 'undefined') return
  CSS.highlights.delete('found')
  CSS.highlights.delete('found-now')
}

function rangesIn(message: Element, words: string): Range[] {
  return (
    [...message.querySelectorAll(SAID)]
      // A message that joined an answer is an element inside of it, and is marked by itself.
      .filter(
        (element) => !element.closest('details') && element.closest('[data-message]') === message,
      )
      .flatMap((element) => rangesOf(element, words))
  )
}

function rangesOf(element: Element, words: string): Range[] {
  const nodes: { node: Node; start: number }[] = []
  let text = ''
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest(BESIDE)) continue
    // Words do not go on from one block to the next.
    if (nodes.length > 0 && blockOf(node) !== blockOf(nodes.at(-1)?.node)) text += '\n'
    nodes.push({ node, start: text.length })
    text += node.nodeValue ?? ''
  }
  return offsetsOf(text, words).flatMap((offset) => {
    const from = placeOf(nodes, offset)
    const to = placeOf(nodes, offset + words.length - 1)
    if (!from || !to) return []
    const range = document.createRange()
    range.setStart(from.node, from.offset)
    range.setEnd(to.node, to.offset + 1)
    return [range]
  })
}

function blockOf(node: Node | undefined): Element | null {
  return node?.parentElement?.closest('p, li, td, th, pre, h2, h3, h4, h5, h6, blockquote') ?? null
}

function placeOf(nodes: { node: Node; start: number }[], offset: number) {
  const found = nodes.findLast(({ start }) => start <= offset)
  const within = found ? offset - found.start : 0
  return found && within < (found.node.nodeValue ?? '').length
    ? { node: found.node, offset: within }
    : null
}
