import { useState } from 'react'
import type { ReactNode } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { Folded } from '../../../ui/folded.tsx'
import { t } from '../../../language/t.ts'
import { formatDuration } from '../../../language/amounts.ts'

/** Fewer calls need no line of their own. */
export const LEAST_GROUPED = 3

const SETTLED = new Set<AppToolCall['status']>(['completed', 'failed', 'denied'])

/** Calls of one step under one line, which is open while one of them runs or needs somebody. */
export function ToolGroup({ calls, children }: { calls: AppToolCall[]; children: ReactNode }) {
  const [chosen, setChosen] = useState<boolean | null>(null)
  const isGoingOn = calls.some(({ status }) => !SETTLED.has(status))
  // A group that was drawn while a call ran stays open, so that nothing moves when the call ends.
  const [wasSeen, setSeen] = useState(isGoingOn)
  if (isGoingOn && !wasSeen) setSeen(true)
  const isOpen = isGoingOn || (chosen ?? wasSeen)
  const failed = calls.filter(({ status }) => status === 'failed').length
  const took = spanOf(calls)
  return (
    <Folded
      isOpen={isOpen}
      onToggle={() => setChosen(!isOpen)}
      summary={
        <span>
          {took === null
            ? t('{count, plural, one {# tool} other {# tools}}', { count: calls.length })
            : t('{count, plural, one {# tool} other {# tools}}, {duration}', {
                count: calls.length,
                duration: formatDuration(took),
              })}
          {failed > 0 && (
            <span className="text-danger">{t(', {count, number} failed', { count: failed })}</span>
          )}
        </span>
      }
    >
      <div className="mt-2 grid grid-cols-1 gap-2">{children}</div>
    </Folded>
  )
}

/** From the first call's start to the last call's end, because calls may run in parallel. Milliseconds. */
function spanOf(calls: readonly AppToolCall[]): number | null {
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
