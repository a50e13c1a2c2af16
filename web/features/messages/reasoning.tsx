import { ChevronRight } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { formatDuration } from '../../ui/duration.ts'
import { Markdown } from '../../ui/markdown/markdown.tsx'

/**
 * What a model thinks before it speaks: open while it does, folded when it is done, unless somebody chose. How long it
 * took is known where it was seen from its beginning; the log has no times of it.
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
          // React keeps `open` as it is told; the browser would turn it by itself as well.
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

/** How long something was going on that began before this page's eyes, in milliseconds; null while it is, or unknown. */
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
