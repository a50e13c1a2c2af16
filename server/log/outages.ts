import { setTimeout as delay } from 'node:timers/promises'
import { isTransientError } from '../../db/engine/database-errors.ts'

type RetryOptions = {
  signal: AbortSignal
  /** Called with each failure that is retried. */
  onError?: (error: unknown) => void
  /** The pause between two tries. Milliseconds. */
  pauseMs?: number
  /** The longest outage that is waited for; no limit when absent. Milliseconds. */
  longestMs?: number
}

/**
 * Does work, and does it again while the database cannot be reached, so that nothing is given up because of an outage.
 *
 * @throws any other error at once, the last one after `longestMs`, and the signal's reason once it has aborted
 */
export async function retryOutages<T>(
  work: () => Promise<T>,
  { signal, onError, pauseMs = 500, longestMs = Number.POSITIVE_INFINITY }: RetryOptions,
): Promise<T> {
  const began = performance.now()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      // The time that tries take to fail counts too: each waits for a machine that does not answer.
      const waited = performance.now() - began
      if (!isTransientError(error)) throw error
      onError?.(error)
      signal.throwIfAborted()
      if (waited >= longestMs) throw error
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
