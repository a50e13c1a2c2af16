import { codeLanguage } from './code-languages.ts'
import { codeTokens } from './code-tokens.ts'
import type { CodeToken } from './code-tokens.ts'

/** Longer code stays in one colour: nobody waits for it, and it would be felt. */
const MOST = 60_000

/**
 * Colours the code inside an element. The page's elements stay as they are (CSS Custom Highlight API), so nothing can
 * jump, and a browser without it shows the code in one colour.
 *
 * @returns takes the colours away
 */
export function paintCode(element: Element, name: string): () => void {
  const language = codeLanguage(name)
  const code = element.textContent
  if (!language || code.length > MOST || typeof Highlight === 'undefined') return () => {}
  const added: [Highlight, StaticRange][] = []
  const nodes = textNodes(element)
  for (const token of codeTokens(code, language)) {
    const range = rangeOf(nodes, token)
    if (!range) continue
    const highlight = highlightOf(token.kind)
    highlight.add(range)
    added.push([highlight, range])
  }
  return () => {
    for (const [highlight, range] of added) highlight.delete(range)
  }
}

type PlacedText = { node: Node; start: number; end: number }

function textNodes(element: Element): PlacedText[] {
  const nodes: PlacedText[] = []
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let start = 0
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const end = start + (node.nodeValue ?? '').length
    nodes.push({ node, start, end })
    start = end
  }
  return nodes
}

function rangeOf(nodes: readonly PlacedText[], { start, end }: CodeToken): StaticRange | null {
  const first = nodes.find((text) => start < text.end)
  const last = nodes.find((text) => end <= text.end)
  if (!first || !last) return null
  return new StaticRange({
    startContainer: first.node,
    startOffset: start - first.start,
    endContainer: last.node,
    endOffset: end - last.start,
  })
}

function highlightOf(kind: CodeToken['kind']): Highlight {
  const name = `code-${kind}`
  const known = CSS.highlights.get(name)
  if (known) return known
  const highlight = new Highlight()
  CSS.highlights.set(name, highlight)
  return highlight
}
