import { useEffect, useState } from 'react'
import type { AppToolCall } from '../../../shared/client/index.ts'
import { formatDuration } from '../../language/amounts.ts'

/** The duration of a call, or its running time so far. */
export function Elapsed({ call }: { call: AppToolCall }) {
  if (call.durationMs !== undefined) {
    return <span className="text-muted tabular-nums">{formatDuration(call.durationMs)}</span>
  }
  if (call.status !== 'running' || !call.startedAt) return null
  return <Running since={Date.parse(call.startedAt)} />
}

function Running({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  // The server's clock may be ahead of this one, and the first second needs no number.
  const seconds = Math.floor((now - since) / 1000)
  return seconds < 1 ? null : <span className="tabular-nums">{formatDuration(seconds * 1000)}</span>
}
