import { randomUUID } from 'node:crypto'
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
import { noteIds, runOfOutput, sessionOfInput } from './log-ids.ts'
import type { LogIds, RunLogger } from './log-ids.ts'
import type { OpenLive } from './http/sockets/open-live.ts'
import type { Services } from './services.ts'

/** The context of every call. */
export type Context = {
  services: Services
  /** Returns the current asker; null for nobody. A socket may stay open for longer than its login is valid. */
  asker: () => Asker | null
  /** The IP address; absent for a call without a connection. */
  address?: string
  /** The header with the trace to which a request belongs (W3C Trace Context). */
  traceparent?: string
  /** The id of the HTTP request in the log; a call over a socket gets one of its own. */
  request?: string | undefined
  /** Logs each call; absent when nobody reads that. */
  logger?: Pick<RunLogger, 'debug'>
  /** Resolves when the caller's connection has room for more; absent when nothing can gather. */
  drained?: () => Promise<void>
  /** Does the work after earlier work, when the caller's connection has room; absent as above. */
  inTurn?: <Result>(work: () => Promise<Result>) => Promise<Result>
  /**
   * The direct way of a watch's events to a reader that is up to date; absent when all go through the procedure's
   * iterator.
   */
  live?: OpenLive
  /** Takes a file's content in pieces instead of in the answer; absent when an answer has to be whole. */
  takePieces?: (pieces: AsyncGenerator<string>) => void
}

/** The context of a procedure after its caller was admitted. The user may be null if anybody may call it. */
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
    // Proxies cut silent connections, and a vanished reader is noticed only when something is written to it.
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

/** Converts the errors of procedures into public ones, for single answers and for subscriptions. */
const translateErrors = t.middleware(async ({ ctx, path, getRawInput, next, type }) => {
  const ids = async () => idsOfCall(ctx, path, getRawInput)
  const result = await next()
  if (!result.ok) {
    throw noted(result.error, await ids())
  }
  return type === 'subscription' && isAsyncIterable(result.data)
    ? { ...result, data: translated(result.data, ids) }
    : result
})

/** The ids of one call for the lines of the log about it. */
async function idsOfCall(
  { request = randomUUID() }: Pick<Context, 'request'>,
  path: string,
  getRawInput: () => Promise<unknown>,
): Promise<LogIds> {
  // An input that cannot be read has no session.
  const input = await getRawInput().catch(() => null)
  return { request, ...sessionOfInput(path, input) }
}

/** The public error with the ids for its line in the log. */
function noted(thrown: unknown, ids: LogIds): TRPCError {
  const error = toApiError(thrown)
  noteIds(error, ids)
  return error
}

/** A subscription has answered when it returns its events; errors after that come through here. */
async function* translated(
  events: AsyncIterable<unknown>,
  ids: () => Promise<LogIds>,
): AsyncGenerator<unknown, void> {
  try {
    yield* events
  } catch (error) {
    throw noted(error, await ids())
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** Admits callers by the declaration and by the limits. Refused calls count too. */
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

/**
 * Makes a span of each query and mutation, over any interface; not of a subscription, which lasts as long as its
 * reader.
 */
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

/** Logs each query and mutation that was answered. Refusals and failures are logged where the error is. */
const logged = t.middleware(async ({ ctx, path, type, getRawInput, next }) => {
  const { logger } = ctx
  if (!logger || type === 'subscription') return next()
  const since = performance.now()
  const result = await next()
  if (result.ok) {
    const ids = await idsOfCall(ctx, path, getRawInput)
    const durationMs = Math.round(performance.now() - since)
    logger.debug({ ...ids, ...runOfOutput(result.data), path, durationMs }, 'procedure')
  }
  return result
})

const admitted = t.procedure.use(logged).use(traced).use(translateErrors).use(admit).use(takeTurn)

export const router = t.router
/** For callers with a login; it needs its declaration as `meta`. */
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

/** The procedure of a declared query. */
export function query<D extends RequestDeclaration, Returned extends AnswerOf<D>>(
  declaration: D,
  read: (context: Admitted<D>, input: ParsedInputOf<D>) => Promise<Returned>,
): TRPCQueryProcedure<Types<D, Returned>> {
  const built = declared(declaration).query(({ ctx, input }) =>
    read(ctx as Admitted<D>, input as ParsedInputOf<D>),
  )
  // The declaration's schemas parse input and output, and `admit` has checked the caller; the builder's types know
  // neither.
  return built as unknown as TRPCQueryProcedure<Types<D, Returned>>
}

/** The procedure of a declared mutation. */
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

/** The seconds after which to try again, for callers that read no headers. */
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
