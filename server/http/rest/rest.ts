import { Readable } from 'node:stream'
import { TRPCError } from '@trpc/server'
import type { AnyTRPCRouter, inferRouterContext } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { RequestDeclaration } from '../../../shared/contract/api/declare.ts'
import type { CreateContext } from '../sockets/connection.ts'
import { httpConnection } from '../sockets/connection.ts'
import type { Limits } from '../limits.ts'
import { acceptEmptyBodies } from './bodies.ts'
import { readParameters } from './rest-parameters.ts'
import {
  callProcedure,
  inputSchema,
  isUpload,
  requestsOf,
  REST_PREFIX,
  routeOf,
} from './procedures.ts'

export type RestOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext: CreateContext<inferRouterContext<Router>>
  version: () => string
  /** The path that everything is below; empty at the root. */
  basePath: string
  limits: Pick<Limits, 'bodyBytes' | 'importBytes'>
  onError: (failure: { error: TRPCError; path: string | undefined }) => void
}

/** The output of a download; over REST it is sent as a file, not as JSON. */
const File = z.object({ name: z.string(), mimeType: z.string(), content: z.string() })

/**
 * Every query and mutation of the router as REST, below `/api`, and its description at `/openapi.json`.
 *
 * trpc-to-openapi writes the description. Its handler is not used: it switches coercion on in the schemas that it
 * shares with tRPC, after which `"false"` is true and `null` is 0 for every caller of the process.
 */
export function restRoutes<Router extends AnyTRPCRouter>(options: RestOptions<Router>) {
  return async function plugin(app: FastifyInstance): Promise<void> {
    acceptEmptyBodies(app)
    for (const declaration of requestsOf(options.router)) {
      const { method, path } = routeOf(declaration)
      app.route({
        method,
        url: REST_PREFIX + path.replaceAll(/\{(.+?)\}/g, ':$1'),
        bodyLimit: isUpload(declaration) ? options.limits.importBytes : options.limits.bodyBytes,
        handler: async (request, reply) => {
          if (declaration.file !== 'download') {
            return sendJson(reply, await call(options, declaration, request, reply))
          }
          let pieces: AsyncIterable<string> | null = null
          const takePieces = (taken: AsyncIterable<string>) => {
            pieces = taken
          }
          const file = await call(options, declaration, request, reply, { takePieces })
          return sendFile(reply, File.parse(file), pieces)
        },
      })
    }

    let description: string | undefined
    app.get('/openapi.json', async (_request, reply) => {
      // Its generator is as large as the rest of the process's face, and few ever ask.
      const { describeRest } = await import('./openapi.ts')
      description ??= JSON.stringify(
        describeRest(options.router, options.version(), options.basePath),
      )
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(description)
    })
  }
}

async function call<Router extends AnyTRPCRouter>(
  { router, createContext, onError }: RestOptions<Router>,
  declaration: RequestDeclaration,
  request: FastifyRequest,
  reply: FastifyReply,
  extraContext: object = {},
): Promise<unknown> {
  const ended = new AbortController()
  reply.raw.once('close', () => ended.abort())
  try {
    const context = await createContext(httpConnection(request.raw, reply.raw, ended.signal))
    return await callProcedure(
      router,
      { ...context, ...extraContext },
      declaration,
      async () => readInput(request, inputSchema(declaration)),
      ended.signal,
    )
  } catch (cause) {
    if (cause instanceof TRPCError) onError({ error: cause, path: declaration.name })
    throw cause
  }
}

function readInput(request: FastifyRequest, schema: z.ZodObject): Record<string, unknown> {
  const inAddress =
    request.method === 'GET' || request.method === 'HEAD' || request.method === 'DELETE'
  const given = inAddress ? readParameters(request.query, schema) : (request.body ?? {})
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new TRPCError({ code: 'BAD_REQUEST', message: 'The body must be a JSON object.' })
  }
  return { ...given, ...readParameters(request.params, schema) }
}

function sendJson(reply: FastifyReply, output: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(output ?? null))
}

/** @param pieces the content, when it is still to be made: it is, as fast as the client takes it */
function sendFile(
  reply: FastifyReply,
  file: z.infer<typeof File>,
  pieces: AsyncIterable<string> | null,
): FastifyReply {
  const name = encodeURIComponent(file.name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  )
  return reply
    .type(`${file.mimeType}; charset=utf-8`)
    .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
    .send(pieces ? Readable.from(pieces) : file.content)
}
