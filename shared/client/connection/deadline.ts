import { TRPCClientError } from '@trpc/client'
import type { Operation, TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../app.ts'
import { CallTimeoutError } from '../errors.ts'

/** The default timeout of a query or mutation, including the wait for a connection. */
export const DEFAULT_TIMEOUT_MS = 30_000

/** The longest delay of a timer; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** These transfer a file, whose duration depends on the network. */
const TRANSFERS = new Set(['sessions.export', 'sessions.import'])
const TRANSFER_FACTOR = 20

/**
 * The context of a call without a timeout. Only for commands that may be repeated, because the outcome of an abandoned
 * call is unknown.
 */
export const WITHOUT_DEADLINE = { deadline: 'none' } as const

/** Adds a timeout to queries and mutations, whatever the cause: no connection, or a silent server. */
export function withDeadline(timeoutMs: number): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) => {
      const allowedMs = allowed(op, timeoutMs)
      if (allowedMs > MAX_TIMER_MS) return next(op)
      return observable((observer) => {
        const timer = setTimeout(() => {
          // The error must come first: unsubscribing makes the link below complete, and a completed call has no result.
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
