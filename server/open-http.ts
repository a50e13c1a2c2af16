import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { TRPCError } from '@trpc/server'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { refusalFor } from './admit.ts'
import { ping } from '../db/engine/database.ts'
import type { Authenticate } from './auth/embedder.ts'
import type { Asker } from './auth/port.ts'
import type { Config } from './config/config.ts'
import { aiSdkDoor } from './doors/ai-sdk/ai-sdk.ts'
import { mcpDoor } from './doors/mcp/mcp.ts'
import { openAiDoor } from './doors/openai/openai.ts'
import { admitAnybody } from './files/http/access.ts'
import type { FileAccess } from './files/http/access.ts'
import { fileRoutes } from './files/http/routes.ts'
import { UnderWay } from './files/http/under-way.ts'
import type { Gate } from './gate.ts'
import { createAccessPolicy } from './http/access/access.ts'
import type { Health } from './http/health.ts'
import { createHttpServer } from './http/server.ts'
import type { HttpServer } from './http/server.ts'
import { requestIdOf } from './http/access/request-id.ts'
import { packageRoot } from './package-root.ts'
import { httpConnection } from './http/sockets/connection.ts'
import type { Connection } from './http/sockets/connection.ts'
import { mcpSignInRoutes } from './mcp/oauth/sign-in-routes.ts'
import { idsOfError } from './log-ids.ts'
import type { LogIds, OnError } from './log-ids.ts'
import type { OutageLog } from './outage.ts'
import { archiveRoutes } from './archive/routes.ts'
import { speechRoutes } from './speech/routes.ts'
import type { SpeechRoutesOptions } from './speech/routes.ts'
import { appRouter } from './router.ts'
import type { Services } from './services.ts'
import { parseProxies } from './trusted-proxies.ts'
import type { Context } from './trpc.ts'

export type OpenHttpOptions = {
  config: Config
  logger: Logger
  services: Services
  gate: Gate
  outage: OutageLog
  metrics: Registry
  clientAddress(request: IncomingMessage): string
  onError: OnError
  health(): Health
  authenticate: Authenticate | undefined
  liveOutlets: boolean
  /** Null when no service is configured. */
  speech: SpeechRoutesOptions['service']
}

const TOO_MANY_CONNECTIONS =
  'You have as many open connections as one person may have. Close some of them.'

/** The `traceparent` of a request. That of a socket belongs to its beginning, and is not used. */
function traceOf({ headers }: IncomingMessage): { traceparent?: string } {
  const { traceparent, upgrade } = headers
  return typeof traceparent === 'string' && upgrade === undefined ? { traceparent } : {}
}

/**
 * Everything that is served over HTTP and WebSocket: procedures, other protocols, files, sign-in. It is made on first
 * use: two hundred routes take longer than the rest of a start, and a server that is called in its own process needs
 * none.
 */
export function openHttp(options: OpenHttpOptions) {
  const proxies = parseProxies(options.config.listen.trustProxy)
  const { config, services, gate, outage, clientAddress } = options

  const context = (
    asker: () => Asker | null,
    connection?: Pick<Connection, 'request' | 'drained' | 'inTurn' | 'live'>,
  ): Context => ({
    services,
    asker,
    ...(options.logger.isLevelEnabled('debug') && { logger: options.logger }),
    ...(connection && {
      address: clientAddress(connection.request),
      request: requestIdOf(connection.request),
      ...traceOf(connection.request),
      drained: connection.drained,
      inTurn: connection.inTurn,
      ...(connection.live && options.liveOutlets && { live: connection.live }),
    }),
  })
  const createContext = async (connection: Connection) => {
    const asker = await gate.askerOf(connection)
    const { user, login } = asker() ?? {}
    // A guest can begin anew as somebody else at any time, and so is no person to count by.
    const isPerson = login && login.kind !== 'local' && login.kind !== 'guest'
    if (user && isPerson && connection.belongsTo?.(user.id) === false) {
      throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: TOO_MANY_CONNECTIONS })
    }
    return context(asker, connection)
  }
  const report = (error: unknown, about?: LogIds) =>
    outage.report(error, 'a request of a door failed', { ...idsOfError(error), ...about })
  const doors = { router: appRouter, createContext, services, report }
  const access: FileAccess = {
    clientAddress,
    askerOf: async ({ raw }, reply) => {
      const ended = new AbortController()
      reply.raw.once('close', () => ended.abort())
      return (await gate.askerOf(httpConnection(raw, reply.raw, ended.signal)))()
    },
    limits: () => services.limits,
  }
  // The uploads of files and of recordings together.
  const receiving = new UnderWay({ perPerson: 20, most: Infinity })
  const create = () =>
    createHttpServer({
      router: appRouter,
      createContext,
      access: createAccessPolicy({
        ...config.listen,
        // An application that embeds this server decides which hosts it answers to.
        mode: options.authenticate ? 'accounts' : config.auth.mode,
      }),
      webRoot: join(packageRoot, 'dist/web'),
      logger: options.logger,
      health: () => ({ ...options.health(), speech: config.speech !== null }),
      checkDatabase: () => ping(services.database.db),
      report: outage.report,
      checkTools: () => services.tools.unsettled(),
      isWakeDown: () => services.wake?.up === false,
      metrics: options.metrics,
      clientAddress,
      ...(proxies && { proxies }),
      tls: config.listen.tls,
      basePath: config.listen.basePath,
      plugins: [
        ...gate.plugins,
        openAiDoor(doors),
        aiSdkDoor(doors),
        mcpDoor(doors),
        fileRoutes({
          ...{ ...access, files: services.files, receiving },
          basePath: config.listen.basePath,
          onError: options.onError,
        }),
        mcpSignInRoutes({
          servers: services.mcp,
          userOf: async (request, reply) => {
            const asker = await admitAnybody(access, request, reply)
            return asker && !refusalFor(asker, { kind: 'mutation' }) ? asker.user.id : null
          },
          basePath: config.listen.basePath,
          report,
        }),
        archiveRoutes({ ...access, doors, files: services.files }),
        speechRoutes({
          ...{ ...access, files: services.files, receiving, db: services.database.db },
          service: options.speech,
        }),
      ],
    })
  return { http: onDemand(create), context }
}

/** The server that `create` makes once, on first use. */
function onDemand(create: () => Promise<HttpServer>) {
  let created: Promise<HttpServer> | null = null
  let isDrained = false
  const server = () =>
    (created ??= create().then((made) => {
      if (isDrained) made.drain()
      return made
    }))
  /** Null when none was needed, or it could not be made, of which its first user got the error. */
  const existing = async () => created && created.catch(() => null)
  return {
    routes: async () => (await server()).routes,
    handler: (request: IncomingMessage, response: ServerResponse): void => {
      server().then(
        ({ handler }) => handler(request, response),
        () => response.destroy(),
      )
    },
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      server().then(
        ({ upgrade }) => upgrade(request, socket, head),
        () => socket.destroy(),
      )
    },
    listen: async (where: { host: string; port: number }) => (await server()).listen(where),
    drain: (): void => {
      isDrained = true
      void existing().then((made) => made?.drain())
    },
    leave: async () => (await existing())?.leave(),
    close: async () => (await existing())?.close(),
  }
}
