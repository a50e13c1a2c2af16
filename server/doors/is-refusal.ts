import { TRPCError } from '@trpc/server'

const UNSURE: ReadonlySet<TRPCError['code']> = new Set([
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
  'TIMEOUT',
])

/** True when a procedure refused a request, so that it certainly did nothing. */
export function isRefusal(error: unknown): error is TRPCError {
  return error instanceof TRPCError && !UNSURE.has(error.code)
}
