import mermaid from 'mermaid'

export type Picture = { svg: string; width: number; height: number }

let drawn = 0
/** Diagrams are drawn one at a time, because the settings belong to the library and not to a diagram. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Draws a diagram as SVG for an `img` element, in which it can neither run nor load anything.
 *
 * @throws the error in the source
 */
export function drawDiagram(source: string, isDark: boolean): Promise<Picture> {
  const picture = last.then(() => draw(source, isDark))
  last = picture.catch(() => undefined)
  return picture
}

async function draw(source: string, isDark: boolean): Promise<Picture> {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    theme: isDark ? 'dark' : 'neutral',
    // Fixed, because a picture does not know the page's fonts.
    fontFamily: 'system-ui, sans-serif',
    // Words are SVG's own, which every picture shows.
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    maxTextSize: 50_000,
    maxEdges: 1_000,
  })
  drawn += 1
  const id = `diagram-${drawn}`
  try {
    const { svg } = await mermaid.render(id, source)
    return { svg: withSize(svg), ...sizeOf(svg) }
  } finally {
    // Mermaid leaves its element in the document when it fails.
    document.getElementById(`d${id}`)?.remove()
  }
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /viewBox="\S+ \S+ ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  return { width: Math.ceil(Number(width ?? 600)), height: Math.ceil(Number(height ?? 400)) }
}

/** A picture of a width in per cent has no size of its own. */
function withSize(svg: string): string {
  const { width, height } = sizeOf(svg)
  return svg.replace(/^(<svg[^>]*?)\swidth="[^"]*"/, `$1 width="${width}" height="${height}"`)
}
