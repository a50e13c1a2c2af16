import { useEffect, useState } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { msg, t } from '../../../language/t.ts'
import type { Marked } from '../../../language/t.ts'

type WaitsFor = NonNullable<AppMessage['waitsFor']>

const reasons = new Map<string, Marked>([
  ['provider_rate_limit', msg('The provider takes no more requests just now')],
  ['provider_unreachable', msg('The model’s server cannot be reached')],
  ['provider_timeout', msg('The model’s server did not answer in time')],
])

/** Says what an answer waits for, and for how many seconds more. */
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
  const reason = t(reasons.get(code) ?? msg('The model’s server is in trouble'))
  const seconds = Math.ceil((Date.parse(until) - now) / 1000)
  const values = { reason, seconds, attempt: retry + 1 }
  if (retry > 1) {
    return seconds > 0
      ? t('{reason}. Asking again in {seconds, number} s (try {attempt, number})…', values)
      : t('{reason}. Asking again (try {attempt, number})…', values)
  }
  return seconds > 0
    ? t('{reason}. Asking again in {seconds, number} s…', values)
    : t('{reason}. Asking again…', values)
}
