import { TRPCError } from '@trpc/server'
import type { AnyTRPCRouter, inferRouterContext } from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ClientAddress } from './access/client-address.ts'
import { retryAfterOf } from '../api-error.ts'
import type { CreateContext } from './sockets/connection.ts'
import { httpConnection } from './sockets/connection.ts'
import { toTrpcError } from './http-errors.ts'
import type { Limits } from './limits.ts'
import { OpenCounts } from './open-counts.ts'
import type { Counted } from './open-counts.ts'
import type { Report } from './logging.ts'
import { pathOf } from './logging.ts'
import { isUpload, procedureRecord, requestsOf } from './rest/procedures.ts'

export type TrpcHttpOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext: CreateContext<inferRouterContext<Router>>
  clientAddress: ClientAddress
  limits: Pick<Limits, 'batchSize' | 'bodyBytes' | 'importBytes' | 'streamsPerAddress'>
  onError: (failure: { error: TRPCError; path: string | undefined }) => void
  report: Report
}

/**
 * tRPC over HTTP at `/trpc`: queries and mutations, and subscriptions as server-sent events. A plugin, so that its
 * parser for bodies stays its own.
 */
export function trpcHttp<Router extends AnyTRPCRouter>(options: TrpcHttpOptions<Router>) {
  const procedures = procedureRecord(options.router)
  return async function plugin(app: FastifyInstance): Promise<void> {
    // tRPC parses bodies itself, whatever their type.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.setErrorHandler(async (error, request, reply) => {
      const { status, body } = toTrpcError(error)
      if (status >= 500 && !(error instanceof TRPCError)) {
        options.report(error, 'request failed', { request: request.id })
      }
      return reply.code(status).send(body)
    })

    const streams = new OpenCounts({ perPerson: options.limits.streamsPerAddress })
    const counted = new WeakMap<IncomingMessage, Counted>()
    app.addHook('onRequest', async (request, reply) => {
      const path = decodeURIComponent(pathOf(request.url)).slice('/trpc/'.length).replace(/\/$/, '')
      refuseOtherThanJson(request, reply)
      if (procedures[path]?._def.type === 'subscription') {
        const address = options.clientAddress(request.raw)
        counted.set(request.raw, countStream(streams, address, reply, options.limits))
      }
    })

    async function handle(
      request: FastifyRequest<{ Params: { path: string } }>,
      reply: FastifyReply,
    ) {
      refuseLargeBatch(request, options.limits.batchSize)
      // tRPC's own `httpLink` sends no body where a call has no input, and the adapter reads none as broken JSON.
      if (request.method === 'POST' && !request.body) request.body = '{}'
      await fastifyRequestHandler({
        router: options.router,
        req: request,
        res: reply,
        path: request.params.path,
        createContext: ({ req, info }: CreateFastifyContextOptions) =>
          options.createContext(
            httpConnection(
              req.raw,
              reply.raw,
              info.signal,
              info.connectionParams,
              counted.get(req.raw)?.belongsTo,
            ),
          ),
        onError: ({ error, path }) => options.onError({ error, path }),
        responseMeta: ({ errors }) => ({ headers: retryHeaders(errors) }),
      })
      return reply
    }

    const { bodyBytes: bodyLimit } = options.limits
    // Fastify's own HEAD measures the body, which in tRPC's answer is none that it could.
    const method = ['GET', 'HEAD', 'POST']
    app.route({ method, url: '/trpc/:path', bodyLimit, handler: handle })
    for (const { name: path } of requestsOf(options.router).filter(isUpload)) {
      app.post(
        `/trpc/${path}`,
        { bodyLimit: options.limits.importBytes },
        (request: FastifyRequest<{ Params: { path: string } }>, reply) => {
          request.params.path = path
          return handle(request, reply)
        },
      )
    }
  }
}

/** The `Retry-After` header: the longest time of the errors of a batch. */
function retryHeaders(errors: readonly TRPCError[]): Record<string, string> {
  const longest = Math.max(0, ...errors.map((error) => retryAfterOf(error) ?? 0))
  return longest > 0 ? { 'retry-after': String(longest) } : {}
}

/** tRPC has this limit too, but its error does not say what the limit is. */
function refuseLargeBatch(
  request: FastifyRequest<{ Params: { path: string } }>,
  batchSize: number,
): void {
  if (request.params.path.split(',').length <= batchSize) return
  const message = `At most ${batchSize} queries and mutations in one batch.`
  throw new TRPCError({ code: 'BAD_REQUEST', message })
}

/** tRPC passes forms and bytes to the procedure unparsed, in which every field of the input would be absent. */
function refuseOtherThanJson({ method, headers }: FastifyRequest, reply: FastifyReply): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (method !== 'POST' || type === 'application/json') return
  // Its body is not read any more.
  reply.header('connection', 'close')
  throw new TRPCError({
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'The body must be JSON, with the content type application/json.',
  })
}

/** A watch over server-sent events counts like one over a socket. */
function countStream(
  streams: OpenCounts,
  address: string,
  reply: FastifyReply,
  { streamsPerAddress: most }: Pick<Limits, 'streamsPerAddress'>,
): Counted {
  if (streams.ofAddress(address) >= most) {
    const message = `At most ${most} watches from one address over HTTP.`
    throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message })
  }
  const counted = streams.add(address)
  reply.raw.once('close', () => counted.end())
  return counted
}
