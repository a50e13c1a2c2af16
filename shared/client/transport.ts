import { createTRPCClient, createWSClient, retryLink, TRPCClientError, wsLink } from '@trpc/client'
import type { Operation, TRPCLink, TRPCWebSocketClient } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { Unsubscribable } from '@trpc/server/observable'
import type { Repeatable } from '../contract/api/all.ts'
import type { Api, AppRouter } from './app.ts'
import type { ConnectionDriver } from './connection.ts'
import { withDeadline } from './deadline.ts'
import { ClientClosedError, isConnectionLost } from './errors.ts'
import { framesEncoder } from './frames.ts'
import { noticeOutages } from './outage.ts'
import { retryDelay } from './retry.ts'
import { DroppableSocket } from './socket.ts'

/** A dead network is noticed within the sum of both; a stream that flows is a sign of life by itself. */
const KEEP_ALIVE = { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 }

/** Each attempt went out over a connection that then broke; a request that breaks every connection must not go on. */
const MOST_ATTEMPTS = 20

export type Transport = { api: Api; socket: TRPCWebSocketClient }

/** tRPC over the driver's connection. A request whose answer a drop took is sent again where that is safe. */
export function createTransport(
  driver: ConnectionDriver,
  implementation: typeof WebSocket,
  timeoutMs: number,
): Transport {
  class Socket extends DroppableSocket {
    constructor(url: string) {
      super(url, implementation)
      driver.attach(this)
    }
  }
  const socket = createWSClient({
    url: driver.nextUrl,
    connectionParams: driver.connectionParams ?? null,
    // tRPC asks for a whole WebSocket, and uses what a DroppableSocket has.
    WebSocket: Socket as unknown as typeof WebSocket,
    // The driver holds back the address until a try is due.
    retryDelayMs: () => 0,
    keepAlive: KEEP_ALIVE,
    experimental_encoder: framesEncoder,
  })
  const api: Api = createTRPCClient<AppRouter>({
    links: [
      withDeadline(timeoutMs),
      noticeOutages(driver, () => api.sessions.list.query({ limit: 1 })),
      retryLink({
        retry: ({ op, error, attempts }) =>
          !driver.closed && attempts < MOST_ATTEMPTS && isRepeatable(op) && isConnectionLost(error),
        retryDelayMs: (attempts) => retryDelay(attempts),
      }),
      whenConnected(driver),
      wsLink({ client: socket }),
    ],
  })
  return { api, socket }
}

/**
 * Holds requests back until there is a connection, in their order. tRPC's client would connect for each by itself,
 * beside its own reconnecting, which then closes what was just opened; and it would do so after its `close` too.
 */
function whenConnected(driver: ConnectionDriver): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let request: Unsubscribable | null = null
        const leave = driver.subscribe(look)
        const onAbort = (): void => observer.complete()
        op.signal?.addEventListener('abort', onAbort, { once: true })
        look()

        function look(): void {
          if (request !== null) return
          if (op.signal?.aborted) {
            observer.complete()
          } else if (driver.closed) {
            observer.error(TRPCClientError.from(new ClientClosedError()))
          } else if (driver.open) {
            request = next(op).subscribe(observer)
          }
        }

        return () => {
          leave()
          op.signal?.removeEventListener('abort', onAbort)
          request?.unsubscribe()
        }
      })
}

/**
 * What the declarations say of repeating, which are not imported themselves: they would bring a schema library along.
 * Whatever this lacks, or has beside them, does not compile.
 */
const REPEATABLE: Repeatable = {
  'messages.edit': 'newId',
  'messages.regenerate': 'newId',
  'messages.select': true,
  'messages.send': 'id',
  'runs.stop': true,
  'sessions.create': 'id',
  'sessions.update': true,
}
const repeats: Readonly<Partial<Record<string, true | string>>> = REPEATABLE

/** Whether a request may be sent again although the server may have done it already. */
function isRepeatable({ type, path, input }: Operation): boolean {
  switch (type) {
    case 'query':
      return true
    case 'subscription':
      // These go on by their cursor: see follow.ts.
      return false
    case 'mutation': {
      const field = repeats[path]
      if (field === undefined) return false
      if (field === true) return true
      return typeof input === 'object' && input !== null && Object.hasOwn(input, field)
    }
  }
}
