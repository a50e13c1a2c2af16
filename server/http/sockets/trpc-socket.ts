import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws'
import type { CreateContext } from './connection.ts'
import { bearerToken } from '../../auth/bearer-token.ts'
import type { Limits } from '../limits.ts'
import { takeTurns } from './backpressure.ts'
import type { OpenSocket } from './sockets.ts'
import { createLimitedEncoder } from './trpc-limits.ts'

export type TrpcSocketOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext: CreateContext<inferRouterContext<Router>>
  limits: Pick<Limits, 'batchSize' | 'watchesPerSocket' | 'handshakeMs'>
  onError: (failure: { error: TRPCError; path: string | undefined }) => void
}

const HANDSHAKE_TIMEOUT = 4408

/** Serves tRPC over one WebSocket, within the limits that tRPC's own adapter does not know. */
export function serveTrpcSocket<Router extends AnyTRPCRouter>(
  socket: OpenSocket,
  options: TrpcSocketOptions<Router>,
): void {
  const { webSocket, request, server } = socket
  const { limits } = options
  const url = new URL(request.url ?? '', 'http://localhost')
  // A broken frame or network is reported by the socket's error, not as a failed procedure.
  let broken: unknown
  webSocket.once('error', (error) => {
    broken = error
  })
  const serve = getWSConnectionHandler<Router>({
    wss: server,
    router: options.router,
    experimental_encoder: createLimitedEncoder(webSocket, {
      ...limits,
      handshake:
        url.searchParams.get('connectionParams') === '1' ? awaitParams(socket, limits) : null,
    }),
    createContext: ({ info }: CreateWSSContextFnOptions) =>
      options.createContext({
        transport: 'socket',
        request,
        token: info.connectionParams?.token ?? bearerToken(request),
        drained: socket.drained,
        inTurn: takeTurns(socket.drained),
        live: socket.live,
        signal: socket.signal,
        close: socket.close,
        belongsTo: socket.belongsTo,
      }),
    onError: ({ error, path }) => {
      if (broken === undefined || error.cause !== broken) options.onError({ error, path })
    },
  })
  serve(webSocket, request)
}

/**
 * Starts the timeout of a client that announced connection params.
 *
 * @returns a function that stops it
 */
function awaitParams(socket: OpenSocket, { handshakeMs }: Pick<Limits, 'handshakeMs'>): () => void {
  const late = setTimeout(
    () => socket.close(HANDSHAKE_TIMEOUT, 'The connection params did not come in time.'),
    handshakeMs,
  )
  const stop = (): void => clearTimeout(late)
  socket.signal.addEventListener('abort', stop)
  return stop
}
