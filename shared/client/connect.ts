import { newId } from '../contract/new-id.ts'
import type { Api } from './app.ts'
import { ConnectionDriver } from './connection/connection.ts'
import type { Connection, Token } from './connection/connection.ts'
import { DEFAULT_TIMEOUT_MS } from './connection/deadline.ts'
import type { Login } from './connection/login.ts'
import { checkRuntime } from './runtime.ts'
import { defaultSchedule } from './schedule.ts'
import type { Schedule } from './schedule.ts'
import type { SessionCache } from './session/session-cache.ts'
import { SessionStore } from './session/session-store.ts'
import { createSession } from './session/session.ts'
import type { Session } from './session/session.ts'
import { createTransport } from './connection/transport.ts'
import { driveOutbox } from './outbox/drive.ts'
import { OutboxDriver } from './outbox/driver.ts'
import type { Outbox } from './outbox/outbox.ts'
import { memoryOutboxStorage } from './outbox/storage.ts'
import type { OutboxStorage } from './outbox/storage.ts'
import { uploadTo } from './outbox/upload.ts'
import type { UploadFile } from './outbox/upload.ts'

checkRuntime()

export type ConnectOptions = {
  /** The address of the server, such as `http://127.0.0.1:8001`. In a browser, it defaults to the page's origin. */
  url?: string | URL
  /**
   * A bearer token, or a function that is called before each connection. Without it, the browser's cookie
   * authenticates.
   */
  token?: Token
  /** The WebSocket class to use where there is no global one. */
  WebSocket?: typeof WebSocket
  /**
   * Milliseconds until a query or mutation times out, also without a connection; 30,000 by default, `Infinity` for no
   * timeout. Exports and imports have twenty times that. After a timeout the call rejects, and its effect on the server
   * is unknown. `session.send` has no timeout. A `signal` ends one call earlier: `api.sessions.get.query({ id }, {
   * signal: AbortSignal.timeout(5_000) })`.
   */
  timeoutMs?: number
  /**
   * True lets calls wait that the server refuses because nobody is signed in, until somebody is (`login.renew`);
   * otherwise they reject with `UNAUTHORIZED`. Off by default; for applications in which people can sign in again.
   */
  waitForSignIn?: boolean
  /**
   * Schedules the notification of listeners about new text: by default the next frame in browsers, a microtask
   * elsewhere.
   */
  schedule?: Schedule
  /** Stores the states of sessions, so that one is shown before the server answers, and resumes from there. */
  cache?: SessionCache
  /**
   * Stores the messages of the outbox: `indexedDbOutboxStorage()` in browsers, so that they outlive the page. By
   * default they last as long as the client.
   */
  outbox?: {
    storage?: OutboxStorage
    /** The id of the user whose messages are shown before the server has said who the caller is. */
    owner?: string | null
    /**
     * A name of this tab that stays after a reload. Messages that are written while nobody is signed in belong to the
     * next person who signs in in this tab, and are neither shown nor sent in another. By default each client counts as
     * a tab of its own.
     */
    tab?: string
    /** Called with the caller's user id, at each connection. */
    onOwner?: (id: string) => void
    /** Uploads a file of a message; repeated, it has the same effect. By default `POST /api/files`. */
    upload?: UploadFile
  }
}

export type Client = AsyncDisposable & {
  readonly api: Api
  readonly connection: Connection
  /** The state of the login, as the server sees it. */
  readonly login: Login
  /** Messages that are sent exactly once, also when this client ends before. */
  readonly outbox: Outbox
  /** The session with this id; each call returns the same object. */
  session(id: string): Session
  /** Closes everything at once; pending calls reject. */
  close(): Promise<void>
}

/**
 * Connects to a Throughline server. It reconnects after network failures, sleeps and restarts until it is closed.
 * @example
 * await using client = connect({ url: 'http://127.0.0.1:8001' })
 * const { id } = await client.api.sessions.create.mutate({})
 * await client.session(id).send('Hello')
 * for await (const { event } of client.session(id).events()) console.log(event)
 * @throws TypeError when the address is invalid, or there is no WebSocket
 * @throws RangeError when `timeoutMs` is not a positive number
 */
export function connect(options: ConnectOptions = {}): Client {
  const implementation = options.WebSocket ?? globalThis.WebSocket
  if (implementation === undefined) throw new TypeError('There is no WebSocket here; pass one')
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  if (!(timeoutMs > 0)) throw new RangeError('timeoutMs is a positive number of milliseconds')
  const connection = new ConnectionDriver(socketUrl(options.url), options.token)
  const { api, socket, login } = createTransport(connection, implementation, {
    timeoutMs,
    waitForSignIn: options.waitForSignIn ?? false,
  })
  const schedule = options.schedule ?? defaultSchedule()
  const sessions = new Map<string, { session: Session; store: SessionStore }>()
  const outbox = new OutboxDriver(
    {
      api,
      storage: options.outbox?.storage ?? memoryOutboxStorage(),
      onOwner: options.outbox?.onOwner ?? (() => {}),
      tab: options.outbox?.tab ?? newId(),
      upload: options.outbox?.upload ?? uploadTo(httpUrl(options.url), options.token),
    },
    options.outbox?.owner ?? null,
    (id) => entryOf(id).store,
  )
  const endDriving = driveOutbox(outbox, connection, login)

  function entryOf(given: string): { session: Session; store: SessionStore } {
    // Ids are case-insensitive; the server uses lower case.
    const id = given.toLowerCase()
    let entry = sessions.get(id)
    if (entry === undefined) {
      const store = new SessionStore(api, id, schedule, options.cache)
      entry = { store, session: createSession(api, id, store) }
      sessions.set(id, entry)
    }
    return entry
  }

  async function close(): Promise<void> {
    endDriving()
    outbox.close()
    for (const { store } of sessions.values()) store.close()
    // tRPC's client must stop reconnecting before the driver closes the connection; it then rejects the pending calls.
    const closed = socket.close()
    connection.close()
    await closed
  }

  return {
    api,
    connection,
    login,
    outbox,
    session: (id) => entryOf(id).session,
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

function httpUrl(base: string | URL | undefined): URL {
  const url = new URL(base ?? globalThis.location?.origin)
  url.protocol = url.protocol.replace(/^ws/, 'http')
  url.pathname = `${url.pathname.replace(/\/$/, '')}/`
  url.search = ''
  url.hash = ''
  return url
}

function socketUrl(base: string | URL | undefined): string {
  const url = new URL(base ?? globalThis.location?.origin)
  const protocol = SOCKET_PROTOCOLS[url.protocol]
  // `localhost:8001` parses as a URL with the protocol `localhost:`.
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
