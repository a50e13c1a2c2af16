import { replaceEqualDeep } from '../../session/structural-sharing.ts'
import { advance, describe } from './connection-state.ts'
import type { ConnectionProgress, ConnectionStep } from './connection-state.ts'
import { ClientClosedError } from '../errors.ts'
import { onNetworkChange } from './network.ts'
import { askWhyRefused } from './origin.ts'
import { retryDelay } from './retry.ts'
import type { DroppableSocket } from './socket.ts'
import { Listeners } from '../store.ts'
import type { Store } from '../store.ts'

/** The reason why there is no connection, if it is known. `code` is the WebSocket's close code. */
export type ConnectionCause = {
  code: number | null
  message: string
  /**
   * The known obstacle. `database`: the server is reachable but its database is not; it recovers by itself. `origin`:
   * the server refuses pages of this origin; its operator has to allow it.
   */
  reason?: 'database' | 'origin'
}

export type ConnectionState =
  /** The first connection is being established. */
  | { status: 'connecting' }
  | { status: 'connected' }
  /**
   * The connection broke or failed, or the server cannot reach its database; `attempt` counts the attempts since then.
   */
  | { status: 'reconnecting'; attempt: number; cause: ConnectionCause }
  /** `network`: the browser is offline, and no attempt succeeds; `closed`: `close()` was called. */
  | { status: 'offline'; reason: 'network' | 'closed' }

export type Connection = Store<ConnectionState>

/** The timeout of a probe of a connection that may be broken. */
const PROBE_TIMEOUT_MS = 3_000

/** The close code for a suspended person. */
const SUSPENDED = 4403
const SUSPENDED_RETRY_MS = 30_000
/** The end of a connection whose client was closed. */
const CLOSED: ConnectionCause = { code: 1000, message: 'The client is closed' }

export type Token = string | (() => string | null | Promise<string | null>)

/**
 * Controls when and with what credentials tRPC's WebSocket client connects, and tracks the result. That client asks for
 * the address before each attempt; the driver delays the address until the attempt is due. That way a backoff can be
 * cut short when the network returns, and every attempt obeys the backoff.
 */
export class ConnectionDriver implements Connection {
  readonly #url: string
  readonly #token: Token | undefined
  readonly #listeners = new Listeners()
  readonly #closing = new AbortController()
  readonly #endNetwork: () => void
  #progress: ConnectionProgress = {
    phase: 'trying',
    tries: 0,
    cause: null,
    online: true,
    outage: null,
  }
  #state: ConnectionState = describe(this.#progress)
  #tried = false
  #open = false
  #socket: DroppableSocket | null = null
  #params: Record<string, string> = {}
  #wake: () => void = () => {}

  constructor(url: string, token: Token | undefined) {
    this.#url = url
    this.#token = token
    this.#endNetwork = onNetworkChange({
      online: () => {
        this.#step({ type: 'network', online: true })
        this.#wake()
      },
      // The server may be on this very machine, so attempts continue; their result counts.
      offline: () => {
        this.#step({ type: 'network', online: false })
        this.#socket?.drop({ code: null, message: 'The network is gone' })
      },
      visible: () => {
        this.#socket?.probe(PROBE_TIMEOUT_MS)
        this.#wake()
      },
    })
  }

  /** True when requests can be sent, even to a server without its database. */
  get open(): boolean {
    return this.#progress.phase === 'open'
  }

  /** Records that the server cannot work, or, with null, that it works again. */
  outage(cause: ConnectionCause | null): void {
    if (cause !== null || this.#progress.outage !== null) this.#step({ type: 'outage', cause })
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  readonly subscribe = this.#listeners.add

  readonly getSnapshot = (): ConnectionState => this.#state

  /** Resolves with the address when the next attempt is due; rejects after `close`. */
  readonly nextUrl = async (): Promise<string> => {
    const first = !this.#tried
    this.#tried = true
    this.#step({ type: 'try' })
    if (!first) await this.#pause(this.#delay())
    try {
      this.#params = await this.#sign()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#step({ type: 'lost', cause: { code: null, message } })
      throw error
    }
    if (this.closed) throw new ClientClosedError()
    return this.#url
  }

  /** The credentials for the address that was returned last; undefined when the browser's cookie authenticates. */
  get connectionParams(): (() => Record<string, string>) | undefined {
    return this.#token === undefined ? undefined : () => this.#params
  }

  /**
   * Tracks the socket of an attempt. A socket that the server asked to replace may stay open until its calls are
   * answered; its end then says nothing about the connection.
   */
  attach(socket: DroppableSocket): void {
    // The client was closed after `nextUrl` had given the address.
    if (this.closed) return socket.drop(CLOSED)
    this.#socket = socket
    const isCurrent = (): boolean => this.#socket === socket
    let refusal: ConnectionCause | null = null
    let opened = false
    socket.addEventListener('open', () => {
      opened = true
      this.#step({ type: 'opened' })
    })
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent()) return
      if (this.#progress.tries === 0) return
      refusal = refusalIn(data)
      if (refusal === null) this.#step({ type: 'received' })
    })
    socket.addEventListener('close', (cause) => {
      if (!isCurrent()) return
      this.#step({ type: 'lost', cause: refusal ?? cause })
      if (!opened) void this.#askWhy()
    })
  }

  /** Connects again, with the current credentials. */
  reconnect(): void {
    this.#socket?.drop({ code: null, message: 'Signed in again' })
  }

  close(): void {
    if (this.closed) return
    this.#closing.abort()
    this.#endNetwork()
    this.#step({ type: 'closed' })
    this.#wake()
    this.#socket?.drop(CLOSED)
  }

  #delay(): number {
    const { tries, cause } = this.#progress
    // The server accepts such a connection, and closes it when it checks the account next.
    return cause?.code === SUSPENDED ? SUSPENDED_RETRY_MS : retryDelay(tries)
  }

  async #sign(): Promise<Record<string, string>> {
    if (this.#token === undefined) return {}
    if (typeof this.#token === 'string') return { token: this.#token }
    let onClose = (): void => {}
    const closed = new Promise<never>((_resolve, reject) => {
      onClose = () => reject(new ClientClosedError())
    })
    this.#closing.signal.addEventListener('abort', onClose, { once: true })
    try {
      const token = await Promise.race([this.#token(), closed])
      return token === null ? {} : { token }
    } finally {
      this.#closing.signal.removeEventListener('abort', onClose)
    }
  }

  /** A page cannot see why its WebSocket was refused; an HTTP request can tell. */
  async #askWhy(): Promise<void> {
    const message = await askWhyRefused(this.#url)
    if (message !== null) {
      this.#step({ type: 'explained', cause: { code: null, message, reason: 'origin' } })
    }
  }

  async #pause(delayMs: number): Promise<void> {
    if (this.closed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }

  #step(step: ConnectionStep): void {
    this.#progress = advance(this.#progress, step)
    const wasOpen = this.#open
    this.#open = this.open
    const state = replaceEqualDeep(this.#state, describe(this.#progress))
    if (state === this.#state && this.#open === wasOpen) return
    this.#state = state
    this.#listeners.notify()
  }
}

/** The reason that the server sends before it closes a refused connection: an error without a request id. */
function refusalIn(data: unknown): ConnectionCause | null {
  if (typeof data !== 'string' || !data.startsWith('{')) return null
  const said: unknown = JSON.parse(data)
  if (typeof said !== 'object' || said === null || !('id' in said) || said.id !== null) return null
  if (!('error' in said) || typeof said.error !== 'object' || said.error === null) return null
  const { error } = said
  const message = 'message' in error ? String(error.message) : 'The server refused the connection'
  return { code: null, message }
}
