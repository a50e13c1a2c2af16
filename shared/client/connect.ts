import type { Api } from './app.ts'
import { ConnectionDriver } from './connection.ts'
import type { Connection, Token } from './connection.ts'
import { DEFAULT_TIMEOUT_MS } from './deadline.ts'
import { checkRuntime } from './runtime.ts'
import { defaultSchedule } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import { SessionStore } from './session-store.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'
import { createTransport } from './transport.ts'

checkRuntime()

export type ConnectOptions = {
  /** The server, such as `http://127.0.0.1:8001`. In a browser, the page's own origin when left out. */
  url?: string | URL
  /** A bearer token, or a function that is asked before each connection. Left out, the browser's cookie signs in. */
  token?: Token
  /** The WebSocket to use where there is no global one. */
  WebSocket?: typeof WebSocket
  /**
   * How many milliseconds a query or mutation waits for its answer, also when there is no connection; 30,000 unless
   * given, `Infinity` for as long as it takes. Exports and imports have twenty times that. Then it rejects, and what the
   * server did with it is not known. `session.send` waits until the server answers. A `signal` ends one call earlier:
   * `api.sessions.get.query({ id }, { signal: AbortSignal.timeout(5_000) })`.
   */
  timeoutMs?: number
  /** When to tell listeners of new text; a frame in browsers, a microtask elsewhere. */
  schedule?: Schedule
}

export type Client = AsyncDisposable & {
  readonly api: Api
  readonly connection: Connection
  /** The session of this id; the same object each time. */
  session(id: string): Session
  /** Ends everything at once; what is under way rejects. */
  close(): Promise<void>
}

/**
 * Connects to a Throughline server, and stays connected: through drops, sleeps and restarts it tries again until it is
 * closed.
 *
 * @example
 * await using client = connect({ url: 'http://127.0.0.1:8001' })
 * const { id } = await client.api.sessions.create.mutate({})
 * await client.session(id).send('Hello')
 * for await (const { event } of client.session(id).events()) console.log(event)
 *
 * @throws TypeError when the address is none, or there is no WebSocket
 * @throws RangeError when `timeoutMs` is no positive number
 */
export function connect(options: ConnectOptions = {}): Client {
  const implementation = options.WebSocket ?? globalThis.WebSocket
  if (implementation === undefined) throw new TypeError('There is no WebSocket here; pass one')
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  if (!(timeoutMs > 0)) throw new RangeError('timeoutMs is a positive number of milliseconds')
  const connection = new ConnectionDriver(socketUrl(options.url), options.token)
  const { api, socket } = createTransport(connection, implementation, timeoutMs)
  const schedule = options.schedule ?? defaultSchedule()
  const sessions = new Map<string, { session: Session; store: SessionStore }>()

  async function close(): Promise<void> {
    for (const { store } of sessions.values()) store.close()
    // It stops connecting before the driver breaks the connection, and waits for what that rejects.
    const closed = socket.close()
    connection.close()
    await closed
  }

  return {
    api,
    connection,
    session(given) {
      // As the server names it: capitals are the same id.
      const id = given.toLowerCase()
      let entry = sessions.get(id)
      if (entry === undefined) {
        const store = new SessionStore(api, id, schedule)
        entry = { store, session: createSession(api, id, store) }
        sessions.set(id, entry)
      }
      return entry.session
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

const SOCKET_PROTOCOLS: Partial<Record<string, string>> = {
  'http:': 'ws:',
  'ws:': 'ws:',
  'https:': 'wss:',
  'wss:': 'wss:',
}

function socketUrl(base: string | URL | undefined): string {
  const url = new URL(base ?? globalThis.location?.origin)
  const protocol = SOCKET_PROTOCOLS[url.protocol]
  // `localhost:8001` is an address too, of the protocol `localhost:`.
  if (protocol === undefined) {
    throw new TypeError(
      `The address of a server begins with http:// or https://, not ${url.protocol}`,
    )
  }
  url.protocol = protocol
  url.pathname = `${url.pathname.replace(/\/$/, '')}/trpc`
  url.search = ''
  url.hash = ''
  return url.href
}
