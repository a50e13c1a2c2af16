import { TRPCClientError } from '@trpc/client'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import type { ApiError, AppRouter } from './app.ts'
import type { SessionError } from './session/session-snapshot.ts'

/** A client was used after its `close()`. */
export class ClientClosedError extends Error {
  constructor() {
    super('The client is closed')
    this.name = 'ClientClosedError'
  }
}

/** A query or mutation timed out. It is unknown whether the server has executed it, or will. */
export class CallTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`The server did not answer within ${timeoutMs / 1000} s`)
    this.name = 'CallTimeoutError'
  }
}

/** The error codes of the server in `error.data.code`, which are tRPC's. */
export const API_ERROR_CODES = [
  'BAD_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'UNPROCESSABLE_CONTENT',
  'TOO_MANY_REQUESTS',
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
] as const satisfies readonly TRPC_ERROR_CODE_KEY[]
export type ApiErrorCode = TRPC_ERROR_CODE_KEY

/** Returns true when the server refused a call, with this code if given. `error.message` has its explanation. */
export function isApiError<Code extends ApiErrorCode>(
  error: unknown,
  code?: Code,
): error is ApiError & { data: { code: Code } } {
  if (!(error instanceof TRPCClientError) || !hasCode(error.data)) return false
  return code === undefined || error.data.code === code
}

/** Returns true when a query or mutation timed out (`timeoutMs`). */
export function isTimeout(error: unknown): boolean {
  return error instanceof TRPCClientError && error.cause instanceof CallTimeoutError
}

/** The code with which a WebSocket is closed for a message that is too large (RFC 6455, section 7.4.1). */
const MESSAGE_TOO_BIG = 1009

/**
 * Returns true when the connection broke before the server answered, so that the outcome is unknown. False for errors
 * that a repetition would cause again: input that is not JSON, or a message that is too large.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof TRPCClientError) || hasCode(error.data)) return false
  const cause: unknown = error.cause
  if (cause instanceof CallTimeoutError) return false
  if (cause instanceof TypeError || cause instanceof ClientClosedError) return false
  return closeCodeOf(cause) !== MESSAGE_TOO_BIG
}

const PASSING = new Set([
  'BAD_GATEWAY',
  'CLIENT_CLOSED_REQUEST',
  'GATEWAY_TIMEOUT',
  'INTERNAL_SERVER_ERROR',
  'SERVICE_UNAVAILABLE',
  'TIMEOUT',
  'TOO_MANY_REQUESTS',
])

/** Returns true when the server's refusal may be temporary. */
export function mayPass(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError && hasCode(error.data) && PASSING.has(error.data.code)
}

/** Returns true when the server is reachable but cannot work, for example without its database. */
export function isOutage(error: unknown): boolean {
  return mayPass(error) && hasCode(error.data) && OUTAGES.has(error.data.code)
}

const OUTAGES = new Set(['BAD_GATEWAY', 'GATEWAY_TIMEOUT', 'SERVICE_UNAVAILABLE'])

/** The missing part that keeps the server from working; null for any other error. */
export function absenceIn(error: unknown): 'database' | null {
  if (!(error instanceof TRPCClientError) || !hasCode(error.data)) return null
  return 'reason' in error.data && error.data.reason === 'database' ? 'database' : null
}

/** Converts an error for the stores. `CONNECTION_LOST` and `CLIENT_CLOSED` are codes of the client itself. */
export function toSessionError(error: unknown): SessionError {
  if (error instanceof TRPCClientError && hasCode(error.data)) {
    return { code: error.data.code, message: error.message }
  }
  const cause: unknown = error instanceof TRPCClientError ? error.cause : error
  if (cause instanceof ClientClosedError) return { code: 'CLIENT_CLOSED', message: cause.message }
  if (cause instanceof CallTimeoutError) return { code: 'TIMEOUT', message: cause.message }
  if (closeCodeOf(cause) === MESSAGE_TOO_BIG) {
    return { code: 'PAYLOAD_TOO_LARGE', message: 'This is too large to be sent' }
  }
  if (isConnectionLost(error)) {
    return { code: 'CONNECTION_LOST', message: 'The connection broke before the server answered' }
  }
  return { code: 'CLIENT_ERROR', message: error instanceof Error ? error.message : String(error) }
}

function hasCode(data: unknown): data is { code: string } {
  return (
    typeof data === 'object' && data !== null && 'code' in data && typeof data.code === 'string'
  )
}

function closeCodeOf(cause: unknown): number | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null
  return typeof cause.code === 'number' ? cause.code : null
}
