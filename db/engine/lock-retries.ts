import { setTimeout as delay } from 'node:timers/promises'
import { isLockTimeout } from './database-errors.ts'

export type LockRetries = {
  /** The pause between two tries, in which other transactions go on. Milliseconds. */
  pauseMs: number
  most: number
}

/**
 * Does work that locks tables in use, in transactions with a short `lock_timeout`, and retries it: while a transaction
 * waits for a lock, all later ones wait behind it.
 *
 * @throws the last try's error; any other error at once
 */
export async function retryLocks(
  work: () => Promise<void>,
  { pauseMs, most }: LockRetries,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (tries === most || !isLockTimeout(error)) throw error
    }
    await delay(pauseMs)
  }
}
