import { TRPCClientError } from '@trpc/client'
import type { Operation, TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from './app.ts'
import { CallTimeoutError } from './errors.ts'

/** How long a query or mutation waits for its answer, also for a connection to be asked over. */
export const DEFAULT_TIMEOUT_MS = 30_000

/** The longest that a timer can be set to; one for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A file goes with these, which takes as long as the network takes for it. */
const TRANSFERS = new Set(['sessions.export', 'sessions.import'])
const TRANSFER_FACTOR = 20

/**
 * The context of a call that waits for as long as it takes. It must be one that may be repeated: what became of a call
 * that was given up nobody knows.
 */
export const WITHOUT_DEADLINE = { deadline: 'none' } as const

/** Ends queries and mutations that are not answered in time, whatever keeps them: no connection, or a silent server. */
export function withDeadline(timeoutMs: number): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) => {
      const allowedMs = allowed(op, timeoutMs)
      if (allowedMs > LONGEST_TIMER_MS) return next(op)
      return observable((observer) => {
        const timer = setTimeout(() => {
          // First the error: a link below completes what is unsubscribed, and a call that completes has no answer.
          observer.error(TRPCClientError.from(new CallTimeoutError(allowedMs)))
          request.unsubscribe()
        }, allowedMs)
        const request = next(op).subscribe({
          next: (value) => observer.next(value),
          error(error) {
            clearTimeout(timer)
            observer.error(error)
          },
          complete() {
            clearTimeout(timer)
            observer.complete()
          },
        })
        return () => {
          clearTimeout(timer)
          request.unsubscribe()
        }
      })
    }
}

function allowed({ type, path, context }: Operation, timeoutMs: number): number {
  if (type === 'subscription' || context['deadline'] === WITHOUT_DEADLINE.deadline) {
    return Number.POSITIVE_INFINITY
  }
  return TRANSFERS.has(path) ? timeoutMs * TRANSFER_FACTOR : timeoutMs
}
