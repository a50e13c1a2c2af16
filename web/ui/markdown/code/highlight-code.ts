import { tokensOf } from './highlighter.ts'
import { TOKEN_KINDS } from './token-kinds.ts'
import type { TokenKind } from './token-kinds.ts'

/** Longer code is not highlighted, because painting it would take noticeably long. */
const MAX_HIGHLIGHTED_LENGTH = 100_000

/**
 * Highlights the code in an element. The DOM is not changed (CSS Custom Highlight API), so nothing can move; a browser
 * without it shows no colours.
 * @param signal removes the colours
 */
export async function highlightCode(
  element: Element,
  language: string,
  signal: AbortSignal,
): Promise<void> {
  const code = element.textContent
  if (code.length > MAX_HIGHLIGHTED_LENGTH || typeof Highlight === 'undefined') return
  const tokens = await tokensOf(code, language)
  if (signal.aborted || element.textContent !== code) return
  const added: [Highlight, StaticRange][] = []
  for (const [kind, range] of rangesOf(element, tokens)) {
    const highlight = highlightOf(kind)
    highlight.add(range)
    added.push([highlight, range])
  }
  signal.addEventListener('abort', () => {
    for (const [highlight, range] of added) highlight.delete(range)
  })
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

/** The tokens as ranges of the element's texts; both are in order. */
function* rangesOf(element: Element, tokens: Uint32Array): Generator<[TokenKind, StaticRange]> {
  const nodes = textNodes(element)
  let first = 0
  for (let at = 0; at + 2 < tokens.length; at += 3) {
    const kind = TOKEN_KINDS[tokens[at] ?? -1]
    const [start = 0, end = 0] = tokens.subarray(at + 1)
    while (first < nodes.length && start >= (nodes[first]?.end ?? 0)) first += 1
    const from = nodes[first]
    const to = nodes.slice(first, first + 2).find((text) => end <= text.end)
    if (!kind || !from || !to) continue
    const range = new StaticRange({
      startContainer: from.node,
      startOffset: start - from.start,
      endContainer: to.node,
      endOffset: end - to.start,
    })
    yield [kind, range]
  }
}

function highlightOf(kind: TokenKind): Highlight {
  const name = `code-${kind}`
  const known = CSS.highlights.get(name)
  if (known) return known
  const highlight = new Highlight()
  CSS.highlights.set(name, highlight)
  return highlight
}
