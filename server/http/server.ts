import { TRPCError } from '@trpc/server'
import type { AnyTRPCRouter, inferRouterContext } from '@trpc/server'
import type { IncomingMessage, RequestListener } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Gauge, Registry } from 'prom-client'
import { retryAfterOf } from '../api-error.ts'
import type { AccessPolicy } from './access/access.ts'
import { isInterface } from './access/access.ts'
import { belowBase, NOWHERE } from './access/base-path.ts'
import { boundBodies } from './rest/bodies.ts'
import { createClientAddress } from './access/client-address.ts'
import type { ClientAddress } from './access/client-address.ts'
import type { CreateContext } from './sockets/connection.ts'
import { docsRoutes } from './rest/docs.ts'
import { trackEventStreams } from './rest/event-streams.ts'
import { healthRoutes } from './health.ts'
import type { Health, HealthOptions } from './health.ts'
import { toHttpError } from './http-errors.ts'
import type { Limits } from './limits.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Report } from './logging.ts'
import { loggedPath, logProcedureErrors, logRequests, pathOf } from './logging.ts'
import { refuseDuringShutdown } from './shutdown.ts'
import { serveMetrics } from './metrics.ts'
import { logRefusals } from './access/refused-origins.ts'
import { giveRequestId } from './access/request-id.ts'
import { readTarget } from './access/request-target.ts'
import { restRoutes } from './rest/rest.ts'
import { servePreview } from './static/preview.ts'
import { secure } from './access/security.ts'
import { socketRoutes } from './sockets/socket-routes.ts'
import { createSockets } from './sockets/sockets.ts'
import { answerNavigation, serveWebApp } from './static/static.ts'
import type { WebApp } from './static/static.ts'
import { parseProxies } from '../trusted-proxies.ts'
import type { TrustedProxies } from '../trusted-proxies.ts'
import { boundConnections } from './open-counts.ts'
import { followTlsFiles, readTlsPair } from './tls.ts'
import type { TlsFiles, TlsPair } from './tls.ts'
import { trpcHttp } from './trpc-http.ts'
import { boundUnsentAnswers } from './unsent-answers.ts'
import { createUpgradeListener } from './sockets/upgrade.ts'
import type { UpgradeListener } from './sockets/upgrade.ts'

export type HttpServerOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext: CreateContext<inferRouterContext<Router>>
  access: AccessPolicy
  /** The folder of the built web app; it may not be there yet. */
  webRoot: string
  logger: FastifyBaseLogger
  health: () => Health
  checkDatabase: () => Promise<unknown>
  /** Logs what failed here; the logger itself when left out. */
  report?: Report
  checkTools?: HealthOptions['checkTools']
  isWakeDown?: HealthOptions['isWakeDown']
  /** The metrics of the other rooms, which `/metrics` shows too. */
  metrics?: Registry
  limits?: Partial<Limits>
  /** The path that everything is below; the root when left out. */
  basePath?: string
  /** HTTPS by this process; null leaves it to a proxy. */
  tls?: TlsFiles | null
  /** Finds the address of a request's client. By default a proxy on this machine is trusted. */
  clientAddress?: ClientAddress
  /** Proxies, whose connections are shared by many clients; by default those on loopback. */
  proxies?: TrustedProxies
  /** Further routes, such as those of the authentication library. */
  plugins?: ((app: FastifyInstance) => Promise<void>)[]
}

export type HttpServer = {
  app: FastifyInstance
  /** Every route, such as `POST /api/files`, so that tests can check whether each is guarded. */
  routes: readonly string[]
  /** Answers requests of another server's, in place of `listen`. */
  handler: RequestListener
  /** Answers upgrades to WebSocket of another server's. */
  upgrade: UpgradeListener
  /** Answers with the address that was opened, such as `http://127.0.0.1:8001`. */
  listen(where: { host: string; port: number }): Promise<string>
  /** `/readyz` answers 503 from now on, and new sockets are refused; open ones go on. */
  drain(): void
  /**
   * Closes sockets with 1012 and lets requests in flight finish, within a bound. From now on probes are answered that
   * the process is not ready, and other requests that it is closing.
   */
  leave(): Promise<void>
  /** Leaves, and stops listening. Closing twice is closing once. */
  close(): Promise<void>
}

/** A proxy in front of a server that listens on loopback. */
const LOOPBACK = parseProxies(['loopback']) ?? { has: () => false }

/** The process's face: everything that is reached over HTTP and WebSocket, wired but not listening. */
export async function createHttpServer<Router extends AnyTRPCRouter>(
  options: HttpServerOptions<Router>,
): Promise<HttpServer> {
  const { router, createContext, access, logger } = options
  const clientAddress = options.clientAddress ?? createClientAddress(LOOPBACK)
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits }
  const report: Report =
    options.report ?? ((err, what, about) => logger.error({ ...about, err }, what))
  const onError = logProcedureErrors(logger, report)
  let draining = false
  let leaving: Promise<unknown> | undefined
  const isDraining = (): boolean => draining

  const tls = options.tls ?? null
  const basePath = options.basePath ?? ''
  const app = createFastify(logger, limits, basePath, tls && (await readTlsPair(tls)))
  const routes = listRoutes(app)
  using following = new DisposableStack()
  const { server } = app
  if (tls && server instanceof HttpsServer) {
    const onBadPair = (error: unknown) => report(error, 'the new certificate cannot be used')
    following.use(followTlsFiles(server, tls, onBadPair))
  }
  const proxies = options.proxies ?? LOOPBACK
  const isProxy = (address: string): boolean => proxies.has(address)
  boundConnections(server, { perAddress: limits.connectionsPerAddress, isProxy })
  logRequests(app)
  // This comes first, because it would have no effect on routes that are registered before it.
  answerTheRest(app, { webRoot: options.webRoot, basePath }, report)
  const noteRefusal = logRefusals(logger)
  await secure(app, access, noteRefusal)
  const untilAnswered = refuseDuringShutdown(app, () => leaving !== undefined)
  // More parts of the server wait for the end of an answer than the ten that Node takes for a leak.
  app.addHook('onRequest', async (_request, { raw }) => void raw.setMaxListeners(30))
  boundBodies(app, limits)
  boundUnsentAnswers(app, limits.allUnsentBytes)
  const metrics = options.metrics ?? new Registry()
  serveMetrics(app, metrics)
  const endStreams = trackEventStreams(app)
  await app.register(healthRoutes({ ...options, isDraining, onNoDatabase: report }))
  await app.register(trpcHttp({ router, createContext, clientAddress, limits, onError, report }))
  await app.register(
    restRoutes({
      router,
      createContext,
      limits,
      onError,
      basePath,
      version: () => options.health().version,
    }),
  )
  await app.register(docsRoutes(basePath))
  for (const plugin of options.plugins ?? []) await app.register(plugin)
  await servePreview(app)
  await serveWebApp(app, { webRoot: options.webRoot, basePath })

  const sockets = createSockets(limits, clientAddress, (error) => {
    logger.debug({ err: error }, 'a socket failed')
  })
  new Gauge({
    name: 'throughline_websockets',
    help: 'WebSockets that are open.',
    registers: [metrics],
    collect() {
      this.set(sockets.count)
    },
  })
  const upgrade = createUpgradeListener({
    access,
    sockets,
    routes: socketRoutes({ ...options, limits, report, onError }),
    socketsPerAddress: limits.socketsPerAddress,
    addressOf: clientAddress,
    basePath,
    isDraining,
    noteRefusal,
  })
  app.server.on('upgrade', upgrade)
  await app.ready()

  const watching = following.move()
  let closing: Promise<void> | undefined
  async function leave(): Promise<void> {
    draining = true
    endStreams()
    leaving ??= Promise.all([untilAnswered(limits.closeMs), sockets.closeAll(limits.closeMs)])
    await leaving
  }
  async function close(): Promise<void> {
    await leave()
    const late = setTimeout(() => app.server.closeAllConnections(), limits.closeMs)
    try {
      await app.close()
    } finally {
      watching.dispose()
      clearTimeout(late)
    }
  }

  return {
    app,
    routes,
    handler: (request, response) => app.routing(request, response),
    upgrade,
    async listen(where) {
      const url = await app.listen(where)
      access.listensAt(url)
      return url
    },
    drain: () => {
      draining = true
    },
    leave,
    close: () => (closing ??= close()),
  }
}

function createFastify(
  logger: FastifyBaseLogger,
  limits: Limits,
  basePath: string,
  tls: TlsPair | null,
): FastifyInstance {
  const http = {
    headersTimeout: limits.handshakeMs,
    // Node checks for late clients at this interval.
    connectionsCheckingInterval: Math.min(1_000, limits.handshakeMs),
    // Many HTTP clients offer `Upgrade: h2c` with every request, and accept an answer without it.
    shouldUpgradeCallback: (request: IncomingMessage) =>
      request.headers.upgrade?.toLowerCase() === 'websocket',
  }
  const secured = tls && { https: { ...http, ...tls, minVersion: 'TLSv1.2' as const } }
  return Fastify({
    loggerInstance: logger,
    // Our own lines say less, and at `debug`.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: giveRequestId,
    bodyLimit: limits.bodyBytes,
    // An unreadable target is refused by `secure`, before any route sees it.
    rewriteUrl: ({ url = '/', headers }: IncomingMessage) => {
      const target = readTarget(url, headers.host)
      return target === null ? NOWHERE : belowBase(basePath, target)
    },
    // A batch names all its procedures in one path segment; Node takes no longer address than this.
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: true },
    // An address that cannot be read, which no handler gets to see.
    frameworkErrors: (error, _request, { raw }) => {
      const { status, body } = toHttpError(error)
      raw.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      raw.end(JSON.stringify(body))
    },
    forceCloseConnections: 'idle',
    requestTimeout: limits.requestMs,
    ...(secured ?? { http }),
  })
}

/** Fills itself with every route that is registered from here on. */
function listRoutes(app: FastifyInstance): string[] {
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one} ${url}`)
  })
  return routes
}

/** Whatever no route took, and whatever a route threw. */
function answerTheRest(app: FastifyInstance, web: WebApp, report: Report): void {
  const answerMissing = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply | Promise<FastifyReply> => {
    const path = pathOf(request.url)
    const page = isInterface(path) ? null : answerNavigation(request, reply, web)
    if (page) return page
    return reply.code(404).send({
      message: `There is nothing at ${request.method} ${pathOf(request.originalUrl)}.`,
      code: 'NOT_FOUND',
    })
  }
  app.setNotFoundHandler(async (request, reply) => answerMissing(request, reply))
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = toHttpError(error)
    // A path that cannot be a file name, by its length or characters, counts as a missing file.
    if (status === 403 && !(error instanceof TRPCError)) return answerMissing(request, reply)
    // A procedure's failure is logged where it is called.
    if (status >= 500 && !(error instanceof Error && error.name === 'TRPCError')) {
      report(error, 'request failed', { request: request.id, url: loggedPath(request.url) })
    }
    const retryAfter = retryAfterOf(error)
    if (retryAfter !== null) void reply.header('retry-after', String(retryAfter))
    return reply.code(status).send(body)
  })
}
