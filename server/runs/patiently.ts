import { setTimeout as delay } from 'node:timers/promises'
import { isTransientError } from '../../db/engine/database-errors.ts'

/** Between two tries while the database is in trouble. Milliseconds. */
const RETRY_DELAY = 500

/**
 * Does the work again for as long as the database is in trouble: what was said and done is not given up because the
 * database is away.
 *
 * @param signal ends the waiting between two tries, by its reason
 */
export async function patiently<T>(
  work: () => Promise<T>,
  { onError, signal }: { onError: (error: unknown) => void; signal: AbortSignal },
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isTransientError(error)) {
        throw error
      }
      onError(error)
      await delay(RETRY_DELAY, undefined, { signal })
    }
  }
}
