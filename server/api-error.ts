import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { DatabaseBusyError, isDiskFull, isUnavailable } from '../db/engine/database-errors.ts'

/** A request that cannot be carried out; the message tells the caller why. */
export class CommandError extends Error {
  readonly code:
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'PRECONDITION_FAILED'
    | 'BAD_REQUEST'
    | 'TOO_MANY_REQUESTS'

  constructor(code: CommandError['code'], message: string) {
    super(message)
    this.name = 'CommandError'
    this.code = code
  }
}

/** A limit of a person, a key or an address is exceeded. */
export class TooManyRequestsError extends CommandError {
  /** Whole seconds after which the request may be tried again. */
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('TOO_MANY_REQUESTS', message)
    this.name = 'TooManyRequestsError'
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterSeconds))
  }
}

/** The seconds after which a refused request may be tried again, if that is known. */
export function retryAfterOf(error: unknown): number | null {
  const cause = error instanceof TRPCError ? error.cause : error
  return cause instanceof TooManyRequestsError ? cause.retryAfterSeconds : null
}

/** The error for a thing that does not exist; somebody else's gets the same one. */
export function notFound(what: string): CommandError {
  return new CommandError('NOT_FOUND', `There is no such ${what}.`)
}

/** Converts any error into a public one. It is the only such conversion, for procedures and all other interfaces. */
export function toApiError(thrown: unknown): TRPCError {
  const cause = thrown instanceof TRPCError ? thrown.cause : thrown
  if (thrown instanceof TRPCError && thrown.code !== 'INTERNAL_SERVER_ERROR') {
    const { code } = thrown
    return code === 'BAD_REQUEST' && cause instanceof z.ZodError
      ? new TRPCError({ code, message: z.prettifyError(cause), cause })
      : thrown
  }
  if (cause instanceof CommandError) {
    return new TRPCError({ code: cause.code, message: cause.message, cause })
  }
  if (isUnavailable(cause)) {
    const message = isDiskFull(cause)
      ? 'The disk of the database is full. Ask its administrator; what runs goes on when there is room.'
      : 'The database cannot be reached just now. Try again in a few seconds.'
    return new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause })
  }
  if (cause instanceof DatabaseBusyError) {
    const message = 'Too much is asked of the server just now. Try again in a few seconds.'
    return new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause })
  }
  if (thrown instanceof TRPCError) {
    return thrown
  }
  return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause })
}
