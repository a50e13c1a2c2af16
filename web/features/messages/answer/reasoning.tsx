import { useEffect, useRef, useState } from 'react'
import { Folded } from '../../../ui/folded.tsx'
import { Markdown } from '../../../ui/markdown/markdown.tsx'
import { t } from '../../../language/t.ts'
import { formatDuration } from '../../../language/amounts.ts'

/**
 * A model's reasoning: open while it streams and then folded, unless the user chose otherwise. Its duration is known
 * only when the page was open from its beginning; the log does not record it.
 */
export function Reasoning({ text, isLive }: { text: string; isLive: boolean }) {
  const [chosen, setChosen] = useState<boolean | null>(null)
  const took = useTimeOf(isLive)
  const isOpen = chosen ?? isLive
  return (
    <Folded
      isOpen={isOpen}
      onToggle={() => setChosen(!isOpen)}
      className="text-muted"
      summary={
        isLive
          ? t('Reasoning…')
          : took === null
            ? t('Reasoning')
            : t('Reasoned for {duration}', { duration: formatDuration(took) })
      }
    >
      <div className="mt-2 border-s-2 border-border ps-3">
        <Markdown text={text} isGrowing={isLive} />
      </div>
    </Folded>
  )
}

/**
 * The duration in milliseconds of something that began while this page was open; null while it goes on, or when it is
 * unknown.
 */
function useTimeOf(isGoingOn: boolean): number | null {
  const began = useRef<number | null>(null)
  const [took, setTook] = useState<number | null>(null)
  useEffect(() => {
    if (isGoingOn) began.current ??= performance.now()
    return () => {
      if (isGoingOn && began.current !== null) setTook(performance.now() - began.current)
    }
  }, [isGoingOn])
  return isGoingOn ? null : took
}
