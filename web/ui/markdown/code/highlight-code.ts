import { codeLanguage } from './code-languages.ts'
import { codeTokens } from './code-tokens.ts'
import type { CodeToken } from './code-tokens.ts'

/** Longer code is not highlighted, because it would take noticeably long. */
const MAX_HIGHLIGHTED_LENGTH = 60_000

/**
 * Highlights the code in an element. The DOM is not changed (CSS Custom Highlight API), so nothing can move; a browser
 * without it shows no colours.
 * @returns a function that removes the colours
 */
export function highlightCode(element: Element, name: string): () => void {
  const language = codeLanguage(name)
  const code = element.textContent
  if (!language || code.length > MAX_HIGHLIGHTED_LENGTH || typeof Highlight === 'undefined') {
    return () => {}
  }
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
