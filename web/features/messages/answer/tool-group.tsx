import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { formatDuration } from '../../../ui/duration.ts'

/** Fewer calls need no line of their own. */
export const LEAST_GROUPED = 3

const SETTLED = new Set<AppToolCall['status']>(['completed', 'failed', 'denied'])

/** Calls of one step under one line, which is open while one of them runs or needs somebody. */
export function ToolGroup({ calls, children }: { calls: AppToolCall[]; children: ReactNode }) {
  const [chosen, setChosen] = useState<boolean | null>(null)
  const isGoingOn = calls.some(({ status }) => !SETTLED.has(status))
  // What was seen running stays open, so that nothing moves when it ends.
  const [wasSeen, setSeen] = useState(isGoingOn)
  if (isGoingOn && !wasSeen) setSeen(true)
  const isOpen = isGoingOn || (chosen ?? wasSeen)
  const failed = calls.filter(({ status }) => status === 'failed').length
  const took = spanOf(calls)
  return (
    <details open={isOpen} className="group/calls">
      <summary
        className="flex min-h-8 w-fit cursor-pointer list-none items-center gap-1.5 text-sm text-muted hover:text-text [&::-webkit-details-marker]:hidden"
        onClick={(event) => {
          // React controls `open`; the browser would toggle it too.
          event.preventDefault()
          setChosen(!isOpen)
        }}
      >
        <ChevronRight
          aria-hidden
          size={14}
          className="-ml-0.5 shrink-0 transition-transform duration-150 group-open/calls:rotate-90"
        />
        {calls.length} tools
        {took !== null && `, ${formatDuration(took)}`}
        {failed > 0 && <span className="text-danger">, {failed} failed</span>}
      </summary>
      <div className="mt-2 grid grid-cols-1 gap-2">{children}</div>
    </details>
  )
}

/** From the first call's start to the last one's end, in milliseconds: they may have run at once. */
export function spanOf(calls: readonly AppToolCall[]): number | null {
  const times = calls.flatMap(({ startedAt, durationMs }) =>
    startedAt === undefined || durationMs === undefined
      ? []
      : [{ start: Date.parse(startedAt), end: Date.parse(startedAt) + durationMs }],
  )
  if (times.length === 0 || times.length < calls.filter(({ startedAt }) => startedAt).length) {
    return null
  }
  return Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ start }) => start))
}
