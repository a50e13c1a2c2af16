import type { ConnectionCause } from './connection.ts'
import { splitFrames } from './frames.ts'

type SocketEvents = {
  open: object
  message: { data: unknown }
  error: ConnectionCause
  close: ConnectionCause
}
type Listener<Type extends keyof SocketEvents> = (
  this: DroppableSocket,
  event: SocketEvents[Type],
) => void
type SocketListeners = { [Type in keyof SocketEvents]: Set<Listener<Type>> }

/** A connection that has not opened after this long counts as lost. */
export const OPEN_TIMEOUT_MS = 10_000

/**
 * A WebSocket that closes at once when told to. The real one waits for the other side's close frame, for a minute on a
 * dead network, and until then tRPC neither rejects pending requests nor reconnects. After `drop` it emits nothing, so
 * a late event of an old connection never disturbs the new one; only a listener that is added later is told of the end,
 * because tRPC adds its own a moment after it has created the socket. It has all readable properties of a WebSocket,
 * including the constants of instances, because versions of tRPC read different ones: without `OPEN`, one of them never
 * ends a watch.
 */
export class DroppableSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3

  readonly #socket: WebSocket
  readonly #listeners: SocketListeners = {
    open: new Set(),
    message: new Set(),
    error: new Set(),
    close: new Set(),
  }
  readonly #openTimeout: ReturnType<typeof setTimeout>
  #probeTimeout: ReturnType<typeof setTimeout> | undefined
  #state: number = DroppableSocket.CONNECTING
  /** The events of the end; empty before it. */
  #end: { [Type in keyof SocketEvents]?: SocketEvents[Type] } = {}

  constructor(url: string, Implementation: typeof WebSocket) {
    this.#socket = new Implementation(url)
    this.#openTimeout = setTimeout(() => {
      this.drop({ code: null, message: 'The server did not answer in time' })
    }, OPEN_TIMEOUT_MS)
    this.#socket.addEventListener('open', () => {
      if (this.#state !== DroppableSocket.CONNECTING) return
      clearTimeout(this.#openTimeout)
      this.#state = DroppableSocket.OPEN
      this.#emit('open', {})
    })
    this.#socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (this.#state !== DroppableSocket.OPEN) return
      this.#endProbe()
      this.#emit('message', { data })
    })
    // A close event with the code follows, but not in every implementation when opening fails.
    this.#socket.addEventListener('error', () => {
      if (this.#state === DroppableSocket.CONNECTING) {
        this.drop({ code: null, message: 'The server cannot be reached' })
      }
    })
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.drop({ code, message: reason === '' ? 'The connection broke' : reason })
    })
  }

  get readyState(): number {
    return this.#state
  }

  get url(): string {
    return this.#socket.url
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  get extensions(): string {
    return this.#socket.extensions
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }

  get binaryType(): BinaryType {
    return this.#socket.binaryType
  }

  set binaryType(type: BinaryType) {
    this.#socket.binaryType = type
  }

  addEventListener<Type extends keyof SocketEvents>(type: Type, listener: Listener<Type>): void {
    this.#listeners[type].add(listener)
    const missed = this.#end[type]
    if (missed !== undefined) queueMicrotask(() => listener.call(this, missed))
  }

  removeEventListener<Type extends keyof SocketEvents>(type: Type, listener: Listener<Type>): void {
    this.#listeners[type].delete(listener)
  }

  /** Sends the output of `framesEncoder`. */
  send(data: string): void {
    if (this.#state !== DroppableSocket.OPEN) return
    for (const frame of splitFrames(data)) this.#socket.send(frame)
  }

  close(): void {
    this.drop({ code: null, message: 'The connection was given up' })
  }

  /** Closes the connection now, whatever the state of the network is. */
  drop(cause: ConnectionCause): void {
    if (this.#state === DroppableSocket.CLOSED) return
    const opening = this.#state === DroppableSocket.CONNECTING
    this.#state = DroppableSocket.CLOSED
    clearTimeout(this.#openTimeout)
    this.#endProbe()
    this.#socket.close()
    this.#end = { ...(opening && { error: cause }), close: cause }
    if (opening) this.#emit('error', cause)
    this.#emit('close', cause)
  }

  /** Pings the server, and drops the connection when it does not answer in time. */
  probe(timeoutMs: number): void {
    if (this.#state !== DroppableSocket.OPEN || this.#probeTimeout !== undefined) return
    this.#socket.send('PING')
    this.#probeTimeout = setTimeout(() => {
      this.drop({ code: null, message: 'The server gave no sign of life' })
    }, timeoutMs)
  }

  #endProbe(): void {
    clearTimeout(this.#probeTimeout)
    this.#probeTimeout = undefined
  }

  #emit<Type extends keyof SocketEvents>(type: Type, event: SocketEvents[Type]): void {
    const listeners: Set<Listener<Type>> = this.#listeners[type]
    for (const listener of [...listeners]) listener.call(this, event)
  }
}
