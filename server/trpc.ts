import { TRPCError, initTRPC } from '@trpc/server'
import { z } from 'zod'
import { isTrouble } from '../db/trouble.ts'
import type { UserId } from '../shared/contract/ids.ts'
import { CommandError } from './runs/port.ts'
import type { Services } from './services.ts'

/** What every procedure is called with. */
export type Context = {
  services: Services
  user: { id: UserId; admin: boolean }
  /** Resolves when the caller's connection has room for more; absent where nothing can gather. */
  drained?: () => Promise<void>
  /** Takes the content of a file in pieces, in place of the answer's; absent where an answer must be whole. */
  takePieces?: (pieces: AsyncGenerator<string>) => void
}

/**
 * Where a procedure stands in the REST interface, in place of its row in the table (`server/http/rest-paths.ts`). It is
 * written out here because it is part of the router's type: a client's compiler should not have to read OpenAPI's.
 */
export type RestMeta = {
  openapi?: {
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
    path: `/${string}`
    summary?: string
    description?: string
    tags?: string[]
    deprecated?: boolean
  }
}

const t = initTRPC
  .context<Context>()
  .meta<RestMeta>()
  .create({
    // `isDev` would put the stack into the error's data.
    isDev: false,
    errorFormatter: ({ shape, error }) => ({ ...shape, message: messageFor(error) }),
  })

/** Turns the outcomes that a feature expects into the errors that callers know. */
const translateErrors = t.middleware(async ({ next }) => {
  const result = await next()
  if (!result.ok) {
    const { cause } = result.error
    if (cause instanceof CommandError) {
      throw new TRPCError({ code: cause.code, message: cause.message, cause })
    }
    if (isTrouble(cause)) {
      const message = 'The database cannot be reached just now. Try again in a few seconds.'
      throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause })
    }
  }
  return result
})

export const router = t.router
export const procedure = t.procedure.use(translateErrors)
export const createCallerFactory = t.createCallerFactory

/** Somebody else's is like one that does not exist. */
export function notFound(what: string): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: `There is no such ${what}.` })
}

function messageFor(error: TRPCError): string {
  if (error.code === 'BAD_REQUEST' && error.cause instanceof z.ZodError) {
    return z.prettifyError(error.cause)
  }
  // What nobody foresaw may carry anything: it goes to the log, not to the caller.
  return error.code === 'INTERNAL_SERVER_ERROR'
    ? 'Something went wrong on the server. Try again.'
    : error.message
}
