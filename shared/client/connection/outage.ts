import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../app.ts'
import type { ConnectionDriver } from './connection.ts'
import { absenceIn } from '../errors.ts'
import { retryDelay } from './retry.ts'

/** Procedures that need the database; tools, models and the like do not. */
const STORED = /^(sessions|messages|runs|usage|shares)\./

/**
 * Tells the driver when the server reports a database outage, and when it has ended. A resumed watch may be silent for
 * long, so the end is polled.
 * @param ask a small call that needs the database
 */
export function noticeOutages(
  driver: ConnectionDriver,
  ask: () => Promise<unknown>,
): TRPCLink<AppRouter> {
  let refusals = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const endListening = driver.subscribe(() => {
    if (!driver.closed) return
    endListening()
    clearTimeout(timer)
  })

  function refused(message: string, reason: 'database'): void {
    if (driver.closed) return
    refusals += 1
    driver.outage({ code: null, message, reason })
    timer ??= setTimeout(() => void askAgain(), retryDelay(refusals))
  }

  function worked(): void {
    if (refusals === 0) return
    refusals = 0
    clearTimeout(timer)
    timer = undefined
    driver.outage(null)
  }

  async function askAgain(): Promise<void> {
    // Both outcomes are seen by the link itself; a lost connection says nothing about the database.
    await ask().catch(() => undefined)
    timer = undefined
    if (refusals > 0 && !driver.closed) {
      timer = setTimeout(() => void askAgain(), retryDelay(refusals))
    }
  }

  return () =>
    ({ op, next }) =>
      observable((observer) =>
        next(op).subscribe({
          next(value) {
            // A subscription's `started` message is sent before the database is asked, so it does not count.
            const isAnswer = value.result.type === undefined || value.result.type === 'data'
            if (isAnswer && STORED.test(op.path)) worked()
            observer.next(value)
          },
          error(error) {
            const reason = absenceIn(error)
            if (reason !== null) refused(error.message, reason)
            observer.error(error)
          },
          complete: () => observer.complete(),
        }),
      )
}
