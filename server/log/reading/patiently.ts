import { setTimeout as delay } from 'node:timers/promises'
import { isTransientError } from '../../../db/engine/database-errors.ts'

/** How long a database that cannot be reached is waited for. Milliseconds. */
const PATIENCE = { every: 500, atMost: 30_000 }

/**
 * Reads, and reads again while the database is away.
 *
 * @returns null when the signal aborted meanwhile
 * @throws what the read throws for another reason, or when the database stays away
 */
export async function patiently<T>(
  read: () => Promise<T>,
  signal: AbortSignal,
  { every, atMost } = PATIENCE,
): Promise<T | null> {
  for (let waited = 0; ; waited += every) {
    try {
      return await read()
    } catch (error) {
      if (waited >= atMost || !isTransientError(error)) throw error
      if (signal.aborted) return null
      await delay(every, undefined, { signal }).catch(() => undefined)
    }
  }
}
