import { TRPCError, initTRPC } from '@trpc/server'
import { isUnavailable } from '../db/trouble.ts'
import type { UserId } from '../shared/contract/ids.ts'
import { toApiError } from './api-error.ts'
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

/** How often a quiet watch over server-sent events is heard of: as often as sockets are pinged. */
const PING_MS = 30_000

const t = initTRPC
  .context<Context>()
  .meta<RestMeta>()
  .create({
    // `isDev` would put the stack into the error's data.
    isDev: false,
    // Proxies cut what is silent, and of a reader that vanished nobody knows until something is written to it.
    sse: {
      ping: { enabled: true, intervalMs: PING_MS },
      client: { reconnectAfterInactivityMs: 2 * PING_MS },
    },
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: messageFor(error),
      data: {
        ...shape.data,
        /** What is away, so that a client knows that the server itself is there. */
        ...(isUnavailable(error.cause) && { reason: 'database' as const }),
      },
    }),
  })

/** Turns what a procedure throws into the errors that callers know, whether it answers once or goes on answering. */
const translateErrors = t.middleware(async ({ next, type }) => {
  const result = await next()
  if (!result.ok) {
    throw toApiError(result.error)
  }
  return type === 'subscription' && isAsyncIterable(result.data)
    ? { ...result, data: translated(result.data) }
    : result
})

/** A subscription has answered when it hands out its events; what it throws after that comes through here. */
async function* translated(events: AsyncIterable<unknown>): AsyncGenerator<unknown, void> {
  try {
    yield* events
  } catch (error) {
    throw toApiError(error)
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

export const router = t.router
export const procedure = t.procedure.use(translateErrors)
export const createCallerFactory = t.createCallerFactory

/** Somebody else's is like one that does not exist. */
export function notFound(what: string): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: `There is no such ${what}.` })
}

function messageFor(error: TRPCError): string {
  // What nobody foresaw may carry anything: it goes to the log, not to the caller.
  return error.code === 'INTERNAL_SERVER_ERROR'
    ? 'Something went wrong on the server. Try again.'
    : error.message
}
