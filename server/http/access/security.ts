import helmet from '@fastify/helmet'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance } from 'fastify'
import type { AccessPolicy } from './access.ts'
import { hasTwoHosts, isInterface } from './access.ts'
import { toHttpError } from '../http-errors.ts'
import { pathOf } from '../logging.ts'
import type { NoteRefusal } from './refused-origins.ts'
import { readTarget } from './request-target.ts'

/**
 * The web app runs its own scripts and nothing else; pictures come from here or from memory, since the address of
 * a picture in a model's answer can carry a conversation away. Styles may be inline: the interface's libraries set
 * them while they run.
 */
const APP_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  mediaSrc: ["'self'", 'blob:'],
  connectSrc: ["'self'"],
  workerSrc: ["'self'"],
  // The page of previews, the only one that lets itself be framed.
  frameSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

/** The two documentation pages: Redoc makes its search worker from a blob. */
export const DOCS_POLICY = {
  ...APP_POLICY,
  workerSrc: ["'self'", 'blob:'],
}

/** The microphone is for speaking to the composer; nothing else that a page could ask for is used. */
const PERMISSIONS = 'microphone=(self), camera=(), geolocation=(), display-capture=()'

/** A response belongs to one caller, so no cache may share it; it varies by everything that identifies the caller. */
const PRIVATE = {
  'cache-control': 'private, no-store',
  vary: 'Origin, Cookie, Authorization, Sec-Fetch-Site',
}

/** Headers for every answer, and the refusal of foreign hosts and origins, before anything else is done. */
export async function secure(
  app: FastifyInstance,
  access: AccessPolicy,
  noteRefusal: NoteRefusal,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: APP_POLICY },
    crossOriginEmbedderPolicy: false,
    // Only a proxy in front knows whether this address is served over TLS; a browser ignores it over plain HTTP.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'same-origin' },
  })

  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request.url)
    reply.header('permissions-policy', PERMISSIONS)
    if (hasTwoHosts(request.raw.rawHeaders)) {
      throw new TRPCError({ code: 'BAD_REQUEST', message: 'A request has one Host header.' })
    }
    if (readTarget(request.originalUrl, request.headers.host) === null) {
      const message = 'The path of the address can be read in more than one way.'
      throw new TRPCError({ code: 'BAD_REQUEST', message })
    }
    const refusal = access.refusal(request.headers, path)
    if (refusal !== null) {
      noteRefusal(request.headers.origin, refusal)
      // The reason is no secret, and the author of the page looks into its console.
      reply.header('access-control-allow-origin', request.headers.origin ?? 'null')
      reply.headers(PRIVATE)
      const { status, body } = toHttpError(new TRPCError({ code: 'FORBIDDEN', message: refusal }))
      return reply.code(status).send(body)
    }
    const { origin } = request.headers
    reply.header('vary', 'Origin')
    if (isInterface(path)) reply.headers(PRIVATE)
    if (origin !== undefined && access.isListed(origin)) {
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-allow-credentials', 'true')
    }
  })

  // tRPC answers with a Response, whose headers take the place of the reply's.
  app.addHook('onSend', async (request, _reply, payload) => {
    if (!(payload instanceof Response) || !isInterface(pathOf(request.url))) return
    const isStream = payload.headers.get('content-type')?.startsWith('text/event-stream')
    payload.headers.append('vary', PRIVATE.vary)
    payload.headers.set(
      'cache-control',
      isStream ? `${PRIVATE['cache-control']}, no-transform` : PRIVATE['cache-control'],
    )
  })

  // The preflight of an origin that the hook above let pass.
  app.options('/*', async (request, reply) =>
    reply
      .header('access-control-allow-methods', 'GET, POST, PATCH, PUT, DELETE')
      .header(
        'access-control-allow-headers',
        request.headers['access-control-request-headers'] ?? '',
      )
      .header('access-control-max-age', '600')
      .code(204)
      .send(),
  )
}
