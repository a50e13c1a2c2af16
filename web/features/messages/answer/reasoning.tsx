import { ChevronRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatDuration } from '../../../ui/duration.ts'
import { Markdown } from '../../../ui/markdown/markdown.tsx'

/**
 * A model's reasoning: open while it streams and then folded, unless the user chose otherwise. Its duration is known
 * only when the page was open from its beginning; the log does not record it.
 */
export function Reasoning({ text, isLive }: { text: string; isLive: boolean }) {
  const [chosen, setChosen] = useState<boolean | null>(null)
  const took = useTimeOf(isLive)
  const isOpen = chosen ?? isLive
  return (
    <details open={isOpen} className="group/reasoning text-sm text-muted">
      <summary
        className="flex min-h-6 w-fit cursor-pointer list-none items-center gap-1 hover:text-text [&::-webkit-details-marker]:hidden"
        onClick={(event) => {
          // React controls `open`; the browser would toggle it too.
          event.preventDefault()
          setChosen(!isOpen)
        }}
      >
        <ChevronRight
          aria-hidden
          size={14}
          className="-ml-0.5 shrink-0 transition-transform duration-150 group-open/reasoning:rotate-90"
        />
        {isLive
          ? 'Reasoning…'
          : took === null
            ? 'Reasoning'
            : `Reasoned for ${formatDuration(took)}`}
      </summary>
      <div className="mt-2 border-l-2 border-border pl-3">
        <Markdown text={text} isGrowing={isLive} />
      </div>
    </details>
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
