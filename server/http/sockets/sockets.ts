import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Limits } from '../limits.ts'
import { OpenCounts } from '../open-counts.ts'
import type { Counted } from '../open-counts.ts'
import { applyBackpressure } from './backpressure.ts'
import { FragmentingSocket } from './fragmenting-socket.ts'
import { openLive } from './live-outlet.ts'
import type { OpenLive } from './open-live.ts'
import { watchHeartbeat } from './heartbeat.ts'
import { boundUnsent } from './unsent.ts'

/** An accepted WebSocket, with what its protocol needs to stay within the limits. */
export type OpenSocket = {
  webSocket: WebSocket
  server: WebSocketServer
  request: IncomingMessage
  /** Resolves at once while little is unsent, else when all of it is sent, or the socket is gone. */
  drained(): Promise<void>
  /** Stops reading from the client until the result is disposed, and every other pause has ended. */
  pauseReading(): Disposable
  live: OpenLive
  signal: AbortSignal
  close(code: number, reason: string): void
  belongsTo: Counted['belongsTo']
}

/** All open WebSockets of the process: accepts them after the upgrade was allowed, and ends them all at the close. */
export type Sockets = {
  accept(request: IncomingMessage, socket: Socket, head: Buffer, serve: ServeSocket): void
  /** The number of sockets of clients that are not signed in. */
  countOf(address: string): number
  /** All that are open. */
  readonly count: number
  /** Closes every socket with 1012, "service restart", and ends those that do not answer within `graceMs`. */
  closeAll(graceMs: number): Promise<void>
}

export type ServeSocket = (socket: OpenSocket) => void

const SERVICE_RESTART = 1012
/** The timeout of the closing handshake when the server closes a socket. */
const CLOSE_MS = 1_000
/** RFC 6455, section 5.5: a control frame carries at most 125 bytes, two of them the close code. */
const REASON_BYTES = 123

export function createSockets(
  limits: Pick<
    Limits,
    'frameBytes' | 'pingMs' | 'fullBytes' | 'allUnsentBytes' | 'socketsPerPerson'
  >,
  addressOf: (request: IncomingMessage) => string,
  onError: (error: Error) => void,
): Sockets {
  const options = {
    noServer: true,
    WebSocket: FragmentingSocket,
    maxPayload: limits.frameBytes,
    // Compression costs eight times the CPU and a window of memory for each socket.
    perMessageDeflate: false,
    clientTracking: true,
    // By default, `ws` waits half a minute for the close frame of a client that was told to leave.
    closeTimeout: CLOSE_MS,
  }
  const server = new WebSocketServer(options)
  const counts = new OpenCounts({ perPerson: limits.socketsPerPerson })
  const unsent = boundUnsent(server.clients, limits.allUnsentBytes)

  function accept(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    serve: ServeSocket,
  ): void {
    // Counted by the TCP socket, so that an upgrade which `ws` itself refuses is given back as well.
    const counted = counts.add(addressOf(request))
    socket.once('close', () => counted.end())
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const ended = new AbortController()
      webSocket.once('close', () => ended.abort())
      watchHeartbeat(webSocket, socket, limits.pingMs)
      // Whatever goes wrong with a socket, `ws` closes it; unheard, the error would end the process.
      webSocket.on('error', onError)
      const backpressure = applyBackpressure(webSocket, socket, limits.fullBytes)
      const { drained, pauseReading, isFull } = backpressure
      serve({
        webSocket,
        server,
        request,
        drained,
        pauseReading,
        live: openLive(webSocket, socket, isFull),
        signal: ended.signal,
        close: (code, reason) => webSocket.close(code, clip(reason)),
        belongsTo: counted.belongsTo,
      })
    })
  }

  async function closeAll(graceMs: number): Promise<void> {
    const open = [...server.clients]
    const closed = open.map((client) => new Promise((resolve) => client.once('close', resolve)))
    for (const client of open) client.close(SERVICE_RESTART, 'The server restarts; connect again.')
    const timer = setTimeout(() => open.forEach((client) => client.terminate()), graceMs)
    await Promise.all(closed)
    clearTimeout(timer)
    unsent[Symbol.dispose]()
  }

  return {
    accept,
    countOf: (address) => counts.ofAddress(address),
    get count() {
      return server.clients.size
    },
    closeAll,
  }
}

function clip(reason: string): string {
  return Buffer.from(reason)
    .subarray(0, REASON_BYTES)
    .toString()
    .replace(/\uFFFD+$/, '')
}
