import { initTRPC } from '@trpc/server'
import type { TRPCError, TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server'
import { z } from 'zod'
import { isUnavailable } from '../db/engine/database-errors.ts'
import type {
  AnswerOf,
  Declaration,
  InputOf,
  OutputOf,
  ParsedInputOf,
  RequestDeclaration,
} from '../shared/contract/api/declare.ts'
import { refusalFor, signedOut } from './admit.ts'
import { retryAfterOf, toApiError } from './api-error.ts'
import type { Asker, Login, User } from './auth/port.ts'
import type { OpenLive } from './http/sockets/open-live.ts'
import type { Services } from './services.ts'

/** The context of every call. */
export type Context = {
  services: Services
  /** Who asks, as it is now; null for nobody. A socket asks for longer than a login lasts. */
  asker: () => Asker | null
  /** From which address; absent where the call came over no connection. */
  address?: string
  /** The header of that name, which says which trace a request belongs to (W3C Trace Context). */
  traceparent?: string
  /** Resolves when the caller's connection has room for more; absent where nothing can gather. */
  drained?: () => Promise<void>
  /** Does the work after what was given before it, when the caller's connection has room; absent as above. */
  inTurn?: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** The short way of a watch's events to a reader that is up to date; absent where all go by the procedure's iterator. */
  live?: OpenLive
  /** Takes the content of a file in pieces, in place of the answer's; absent where an answer must be whole. */
  takePieces?: (pieces: AsyncGenerator<string>) => void
}

/** What a procedure is given: whoever asks may ask for it. Where anybody may, it may be nobody. */
export type Admitted<D = unknown> = Omit<Context, 'asker'> &
  (D extends { access: 'anyone' } ? { user: User | null; login: Login | null } : Asker)

/** The heartbeat interval of server-sent events: the same as the ping interval of sockets. */
const PING_MS = 30_000

const t = initTRPC
  .context<Context>()
  .meta<Declaration>()
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
        /** The unavailable dependency; it tells a client that the server itself is reachable. */
        ...(isUnavailable(error.cause) && { reason: 'database' as const }),
        ...retryAfterIn(error),
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

/** Lets those call what is declared who may, as often as they may. Calls that are refused count too. */
const admit = t.middleware(async ({ ctx, meta, type, next }) => {
  const asker = ctx.asker()
  const { limits } = ctx.services
  if (limits) {
    await limits.admitCall(asker, ctx.address ?? null)
  }
  const refusal = refusalFor(asker, { ...meta, kind: type })
  if (refusal) throw refusal
  return next({ ctx: { user: asker?.user ?? null, login: asker?.login ?? null } })
})

const takeTurn = t.middleware(({ ctx, meta, next }) =>
  ctx.inTurn && meta && 'isLong' in meta ? ctx.inTurn(() => next()) : next(),
)

const asSomebody = t.middleware(({ ctx, next }) => {
  const asker = ctx.asker()
  if (!asker) throw signedOut()
  return next({ ctx: asker })
})

/** What is asked and answered once is a span, whatever surface it comes over; a subscription lasts as long as its reader. */
const traced = t.middleware(({ ctx, path, type, next }) => {
  const { telemetry } = ctx.services
  if (type === 'subscription') return next()
  const span = { name: path, kind: 'server', traceparent: ctx.traceparent } as const
  return telemetry.within(span, async ({ fail }) => {
    const result = await next()
    if (!result.ok) fail(result.error.code)
    return result
  })
})

const admitted = t.procedure.use(traced).use(translateErrors).use(admit).use(takeTurn)

export const router = t.router
/** Of those who are signed in; it needs its declaration as `meta`. */
export const procedure = admitted.use(asSomebody)
export const createCallerFactory = t.createCallerFactory

/** A procedure built from its declaration: access, input and output. */
function declared(declaration: RequestDeclaration) {
  return admitted
    .meta(declaration)
    .input(declaration.input ?? z.unknown())
    .output(declaration.output ?? z.unknown())
}

/** The type of a procedure for clients. */
type Types<D extends RequestDeclaration, Returned> = {
  meta: Declaration
  input: InputOf<D>
  output: OutputOf<D, Returned>
}

/** The procedure of a query that is declared. */
export function query<D extends RequestDeclaration, Returned extends AnswerOf<D>>(
  declaration: D,
  read: (context: Admitted<D>, input: ParsedInputOf<D>) => Promise<Returned>,
): TRPCQueryProcedure<Types<D, Returned>> {
  const built = declared(declaration).query(({ ctx, input }) =>
    read(ctx as Admitted<D>, input as ParsedInputOf<D>),
  )
  // The declaration's schemas read input and output, and `admit` let through who it admits; the builder knows neither.
  return built as unknown as TRPCQueryProcedure<Types<D, Returned>>
}

/** The procedure of a mutation that is declared. */
export function mutation<D extends RequestDeclaration, Returned extends AnswerOf<D>>(
  declaration: D,
  change: (context: Admitted<D>, input: ParsedInputOf<D>) => Promise<Returned>,
): TRPCMutationProcedure<Types<D, Returned>> {
  const built = declared(declaration).mutation(({ ctx, input }) =>
    change(ctx as Admitted<D>, input as ParsedInputOf<D>),
  )
  // As above.
  return built as unknown as TRPCMutationProcedure<Types<D, Returned>>
}

/** After how many seconds to ask again, for those who read no headers. */
function retryAfterIn(error: TRPCError): { retryAfterSeconds?: number } {
  const retryAfterSeconds = retryAfterOf(error)
  return retryAfterSeconds === null ? {} : { retryAfterSeconds }
}

function messageFor(error: TRPCError): string {
  // An unexpected error may contain anything, so it is logged and not sent to the caller.
  return error.code === 'INTERNAL_SERVER_ERROR'
    ? 'Something went wrong on the server. Try again.'
    : error.message
}
