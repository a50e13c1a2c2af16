import { keepSame } from '../session/keep-same.ts'
import { advance, describe } from './connection-state.ts'
import type { ConnectionProgress, ConnectionStep } from './connection-state.ts'
import { ClientClosedError } from './errors.ts'
import { onNetworkChange } from './network.ts'
import { askWhyRefused } from './origin.ts'
import { retryDelay } from './retry.ts'
import type { DroppableSocket } from './socket.ts'
import { Listeners } from './store.ts'
import type { Store } from './store.ts'

/** Why there is no connection, as far as is known. `code` is the WebSocket's close code. */
export type ConnectionCause = {
  code: number | null
  message: string
  /**
   * What stands in the way, where it is known: the server is there but cannot reach its `database`, and goes on by
   * itself when it can; or it does not let pages of this `origin` in, which its operator has to change.
   */
  reason?: 'database' | 'origin'
}

export type ConnectionState =
  /** The first connection is being made. */
  | { status: 'connecting' }
  | { status: 'connected' }
  /**
   * A connection broke, or could not be made, or the server cannot reach its database; `attempt` counts the tries since
   * then.
   */
  | { status: 'reconnecting'; attempt: number; cause: ConnectionCause }
  /** `network`: the browser says that it is offline, and no try succeeds; `closed`: `close()` was called. */
  | { status: 'offline'; reason: 'network' | 'closed' }

export type Connection = Store<ConnectionState>

/** How long an open connection may take to show that it lives when there is reason to doubt it. */
const PROBE_TIMEOUT_MS = 3_000

export type Token = string | (() => string | null | Promise<string | null>)

/**
 * Says when tRPC's WebSocket client connects, with what, and how that went. That client asks for the address before
 * each try; the answer is held back until the try is due, so a pause can be cut short when the network returns, and
 * no way into another try leads around the pause.
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
      // The server may be on this very machine, so trying goes on: a try tells the truth.
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

  /** Whether requests can be sent, be it to a server that can do little just now. */
  get open(): boolean {
    return this.#progress.phase === 'open'
  }

  /** The server said that it cannot work, or, null, that it can again. */
  outage(cause: ConnectionCause | null): void {
    if (cause !== null || this.#progress.outage !== null) this.#step({ type: 'outage', cause })
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#listeners.add(listener)

  readonly getSnapshot = (): ConnectionState => this.#state

  /** Resolves with the address when the next try is due; rejects when there will be none. */
  readonly nextUrl = async (): Promise<string> => {
    const first = !this.#tried
    this.#tried = true
    this.#step({ type: 'try' })
    if (!first) await this.#pause(retryDelay(this.#progress.tries))
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

  /** The credentials that go with the address given last; undefined where the browser's cookie signs in. */
  get connectionParams(): (() => Record<string, string>) | undefined {
    return this.#token === undefined ? undefined : () => this.#params
  }

  /**
   * Watches over the socket of a try. One that the server asked to be replaced may stay open beside the next until its
   * calls are answered; how that ends says nothing of the connection.
   */
  attach(socket: DroppableSocket): void {
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
      if (refusal === null) this.#step({ type: 'heard' })
    })
    socket.addEventListener('close', (cause) => {
      if (!isCurrent()) return
      this.#step({ type: 'lost', cause: refusal ?? cause })
      if (!opened) void this.#askWhy()
    })
  }

  close(): void {
    if (this.closed) return
    this.#closing.abort()
    this.#endNetwork()
    this.#step({ type: 'closed' })
    this.#wake()
    this.#socket?.drop({ code: 1000, message: 'The client is closed' })
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

  /** A page is not told why its WebSocket was refused; what is read over HTTP says it. */
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
    const state = keepSame(this.#state, describe(this.#progress))
    if (state === this.#state && this.#open === wasOpen) return
    this.#state = state
    this.#listeners.notify()
  }
}

/** What the server says before it closes a connection that it does not take: an error that answers no request. */
function refusalIn(data: unknown): ConnectionCause | null {
  if (typeof data !== 'string' || !data.startsWith('{')) return null
  const said: unknown = JSON.parse(data)
  if (typeof said !== 'object' || said === null || !('id' in said) || said.id !== null) return null
  if (!('error' in said) || typeof said.error !== 'object' || said.error === null) return null
  const { error } = said
  const message = 'message' in error ? String(error.message) : 'The server refused the connection'
  return { code: null, message }
}
