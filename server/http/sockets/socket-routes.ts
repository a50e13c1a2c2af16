import type { AnyTRPCRouter, TRPCError, inferRouterContext } from '@trpc/server'
import { idsOfError } from '../../log-ids.ts'
import { createCall } from '../rest/procedures.ts'
import type { CreateContext } from './connection.ts'
import type { Limits } from '../limits.ts'
import type { Report } from '../logging.ts'
import { servePlainSocket } from './plain-socket.ts'
import { serveTrpcSocket } from './trpc-socket.ts'
import type { SocketRoute } from './upgrade.ts'

export type SocketRoutesOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext: CreateContext<inferRouterContext<Router>>
  limits: Limits
  report: Report
  onError: (failure: { error: TRPCError; path: string | undefined }) => void
}

const PLAIN = /^\/ws\/session\/([^/]+)\/?$/

/** The paths that speak WebSocket: `/trpc`, and `/ws/session/:id` for the plain protocol. */
export function socketRoutes<Router extends AnyTRPCRouter>(
  options: SocketRoutesOptions<Router>,
): SocketRoute[] {
  const { router, createContext, report } = options

  const trpc: SocketRoute = (url) =>
    /^\/trpc\/?$/.test(url.pathname) ? (socket) => serveTrpcSocket(socket, options) : null

  const plain: SocketRoute = (url) => {
    const sessionId = PLAIN.exec(url.pathname)?.[1]
    if (sessionId === undefined) return null
    return (socket) =>
      servePlainSocket(socket, {
        sessionId,
        // Empty, where a client has seen nothing yet.
        after: url.searchParams.get('after') || null,
        token: url.searchParams.get('token'),
        createCall: async (connection) =>
          createCall(router, await createContext(connection), connection.signal),
        onError: (error) => report(error, 'a plain socket failed', idsOfError(error)),
      })
  }

  return [trpc, plain]
}
