import { createTRPCClient, createWSClient, retryLink, TRPCClientError, wsLink } from '@trpc/client'
import type { Operation, TRPCLink, TRPCWebSocketClient } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { Unsubscribable } from '@trpc/server/observable'
import type { Repeatable } from '../../contract/api/all.ts'
import type { Api, AppRouter } from '../app.ts'
import type { ConnectionDriver } from './connection.ts'
import { withDeadline } from './deadline.ts'
import { ClientClosedError, isConnectionLost } from '../errors.ts'
import { framesEncoder } from './frames.ts'
import { LoginWatch, watchLogin } from './login.ts'
import { noticeOutages } from './outage.ts'
import { retryDelay } from './retry.ts'
import { DroppableSocket } from './socket.ts'

/** A dead network is noticed within the sum of both; received data counts as a sign of life. */
const KEEP_ALIVE = { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 }

/**
 * The most attempts of one request whose connections all broke: a request that breaks every connection must not be
 * repeated for ever.
 */
const MAX_ATTEMPTS = 20

export type Transport = { api: Api; socket: TRPCWebSocketClient; login: LoginWatch }

/**
 * tRPC over the driver's connection. A request whose answer was lost with the connection is repeated where that is
 * safe.
 */
export function createTransport(
  driver: ConnectionDriver,
  implementation: typeof WebSocket,
  { timeoutMs, waitForSignIn }: { timeoutMs: number; waitForSignIn: boolean },
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
    // tRPC's type asks for a whole WebSocket, but it uses only what DroppableSocket has.
    WebSocket: Socket as unknown as typeof WebSocket,
    // The driver delays the address until an attempt is due.
    retryDelayMs: () => 0,
    keepAlive: KEEP_ALIVE,
    experimental_encoder: framesEncoder,
  })
  const login = new LoginWatch(() => driver.reconnect())
  const api: Api = createTRPCClient<AppRouter>({
    links: [
      // This comes before the deadline, so that the deadline does not run while a person signs in.
      watchLogin(login, waitForSignIn),
      withDeadline(timeoutMs),
      noticeOutages(driver, () => api.sessions.list.query({ limit: 1 })),
      retryLink({
        retry: ({ op, error, attempts }) =>
          !driver.closed && attempts < MAX_ATTEMPTS && isRepeatable(op) && isConnectionLost(error),
        retryDelayMs: (attempts) => retryDelay(attempts),
      }),
      whenConnected(driver),
      wsLink({ client: socket }),
    ],
  })
  return { api, socket, login }
}

/**
 * Holds requests back until there is a connection, and keeps their order. Otherwise tRPC's client would connect for
 * each request in parallel with its own reconnection, which closes what was just opened; and it would do so even after
 * its `close`.
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
 * A copy of the commands' declarations about repetition. The declarations are not imported, because they would bring a
 * schema library along; the type `Repeatable` makes every difference between the two a compile error.
 */
const REPEATABLE: Repeatable = {
  'admin.runs.stop': true,
  'admin.users.update': true,
  'messages.edit': 'newId',
  'messages.regenerate': 'newId',
  'messages.rate': true,
  'messages.select': true,
  'presets.save': true,
  'projects.save': true,
  'push.subscribe': true,
  'push.unsubscribe': true,
  'messages.send': 'id',
  'runs.stop': true,
  'tools.answer': true,
  'tools.answerAll': true,
  'tools.reply': true,
  'mcp.signOut': true,
  'sessions.create': 'id',
  'sessions.fork': 'id',
  'sessions.update': true,
}
const repeats: Readonly<Partial<Record<string, true | string>>> = REPEATABLE

/** Returns true when a request may be repeated although the server may have executed it. */
function isRepeatable({ type, path, input }: Operation): boolean {
  switch (type) {
    case 'query':
      return true
    case 'subscription':
      // Subscriptions resume by their cursor: see follow.ts.
      return false
    case 'mutation': {
      const field = repeats[path]
      if (field === undefined) return false
      if (field === true) return true
      return typeof input === 'object' && input !== null && Object.hasOwn(input, field)
    }
  }
}
