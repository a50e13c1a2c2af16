import { useEffect, useState } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'

type WaitsFor = NonNullable<AppMessage['waitsFor']>

const reasons = new Map([
  ['provider_rate_limit', 'The provider takes no more requests just now'],
  ['provider_unreachable', 'The model’s server cannot be reached'],
  ['provider_timeout', 'The model’s server did not answer in time'],
])

/** What an answer waits for, and how long still. */
export function WaitsText({ waitsFor }: { waitsFor: WaitsFor }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return <span role="status">{waitsWords(waitsFor, now)}</span>
}

/** @param now milliseconds since the epoch */
export function waitsWords({ code, until, retry }: WaitsFor, now: number): string {
  const reason = reasons.get(code) ?? 'The model’s server is in trouble'
  const seconds = Math.ceil((Date.parse(until) - now) / 1000)
  const attempt = retry > 1 ? ` (try ${retry + 1})` : ''
  return seconds > 0
    ? `${reason}. Asking again in ${seconds} s${attempt}…`
    : `${reason}. Asking again${attempt}…`
}
