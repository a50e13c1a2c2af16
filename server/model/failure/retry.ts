import type { Failure } from './failure.ts'
import { isPassing } from './provider-fault.ts'

/**
 * Milliseconds until the next try, or null when the failure is final (contract, section 6).
 *
 * @param retries the number of retries so far
 * @param random from 0 to 1: spreads the retries of many runs
 */
export function retryDelay(failure: Failure, retries: number, random: number): number | null {
  if (retries >= MAX_RETRIES) return null
  const backoff = BACKOFF_MS * 2 ** retries * (0.75 + random / 2)
  if (failure.type === 'unreachable') return backoff
  if (failure.type !== 'fault' || !isPassing(failure.fault)) return null
  const { retryAfterMs } = failure
  if (retryAfterMs === null) return backoff
  return retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : null
}

const MAX_RETRIES = 2
const BACKOFF_MS = 500
const MAX_RETRY_AFTER_MS = 20_000
