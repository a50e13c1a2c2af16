import { ChartNetwork, Code } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from '../../controls/icon-button.tsx'
import { loaded } from '../../loading/loaded.ts'
import { useDark } from '../../use-dark.ts'
import { CodeBlock } from '../code/code-block.tsx'
import type { Picture } from './draw-diagram.ts'
import { t } from '../../../language/t.ts'

/** The smallest width at which the words are readable. CSS pixels. */
const LEAST_WIDTH = 440

type Drawing = { url: string; picture: Picture } | { problem: string }

/**
 * A diagram; its source until it is drawn, when it is asked for, and with the error when it cannot be drawn. Its frame
 * has one height from the first line of the source on, so that nothing moves when the picture comes.
 */
export default function Diagram({ source, isWhole }: { source: string; isWhole: boolean }) {
  const drawing = useDrawing(isWhole ? source : null)
  const [showsSource, setShowsSource] = useState(false)
  const isDrawn = drawing !== null && 'url' in drawing
  const isFailed = drawing !== null && 'problem' in drawing
  if (isDrawn && !showsSource) {
    const { url, picture } = drawing
    return (
      <figure className="diagram" aria-label={t('Diagram')}>
        <div
          dir="ltr"
          className="diagram-scroll"
          tabIndex={0}
          role="group"
          aria-label={t('Diagram, drawn')}
        >
          <img
            src={url}
            alt={source}
            width={picture.width}
            height={picture.height}
            style={{ minWidth: Math.min(picture.width, LEAST_WIDTH) }}
          />
        </div>
        <IconButton
          label={t('Show source')}
          className="diagram-action"
          onClick={() => setShowsSource(true)}
        >
          <Code aria-hidden size={15} />
        </IconButton>
      </figure>
    )
  }
  return (
    <>
      <CodeBlock code={source} language="mermaid" isWhole={isWhole}>
        {isDrawn && (
          <IconButton label={t('Show diagram')} onClick={() => setShowsSource(false)}>
            <ChartNetwork aria-hidden size={15} />
          </IconButton>
        )}
      </CodeBlock>
      {isFailed && (
        <p role="note" className="diagram-problem">
          {t('This diagram cannot be drawn: {reason}', { reason: drawing.problem })}
        </p>
      )}
    </>
  )
}

/** @param source null while it is being written */
function useDrawing(source: string | null): Drawing | null {
  const isDark = useDark()
  const [drawing, setDrawing] = useState<Drawing | null>(null)
  useEffect(() => {
    if (source === null) return
    let isGone = false
    let url: string | null = null
    loaded(() => import('./draw-diagram.ts'))
      .then(({ drawDiagram }) => drawDiagram(source, isDark))
      .then(
        (picture) => {
          if (isGone) return
          url = URL.createObjectURL(new Blob([picture.svg], { type: 'image/svg+xml' }))
          setDrawing({ url, picture })
        },
        (error: unknown) => {
          if (!isGone) setDrawing({ problem: firstLines(error) })
        },
      )
    return () => {
      isGone = true
      if (url) URL.revokeObjectURL(url)
    }
  }, [source, isDark])
  return drawing
}

function firstLines(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 4).join('\n').slice(0, 400)
}
