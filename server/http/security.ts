import helmet from '@fastify/helmet'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance } from 'fastify'
import type { AccessPolicy } from './access.ts'
import { toHttpError } from './http-errors.ts'

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
  connectSrc: ["'self'"],
  workerSrc: ["'self'"],
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

/** Headers for every answer, and the refusal of foreign hosts and origins, before anything else is done. */
export async function secure(app: FastifyInstance, access: AccessPolicy): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: APP_POLICY },
    crossOriginEmbedderPolicy: false,
    // Only a proxy in front knows whether this address is served over TLS; a browser ignores it over plain HTTP.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'same-origin' },
  })

  app.addHook('onRequest', async (request, reply) => {
    const refusal = access.refusal(request.headers)
    if (refusal !== null) {
      const { status, body } = toHttpError(new TRPCError({ code: 'FORBIDDEN', message: refusal }))
      return reply.code(status).send(body)
    }
    const { origin } = request.headers
    reply.header('vary', 'Origin')
    if (origin !== undefined && access.isListed(origin)) {
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-allow-credentials', 'true')
    }
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
