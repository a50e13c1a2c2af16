import { STATUS_CODES } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AccessPolicy } from '../access/access.ts'
import { hasTwoHosts } from '../access/access.ts'
import { belowBase } from '../access/base-path.ts'
import type { NoteRefusal } from '../access/refused-origins.ts'
import { readTarget } from '../access/request-target.ts'
import type { OpenSocket, Sockets } from './sockets.ts'

/** Returns the handler of a path's sockets; null for a path of another route. */
export type SocketRoute = (url: URL) => ((socket: OpenSocket) => void) | null

export type UpgradeOptions = {
  access: AccessPolicy
  sockets: Sockets
  routes: SocketRoute[]
  socketsPerAddress: number
  addressOf: (request: IncomingMessage) => string
  /** The path that everything is below; empty at the root. */
  basePath: string
  isDraining: () => boolean
  noteRefusal: NoteRefusal
}

/** A listener of a server's `upgrade` event. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Handles a server's upgrade requests. Refusals are answered by HTTP, before a WebSocket exists. */
export function createUpgradeListener(options: UpgradeOptions): UpgradeListener {
  return (request, socket, head) => {
    // Without a listener, a reset before `ws` takes the socket over would end the process.
    const ignore = (): void => undefined
    socket.on('error', ignore)
    const decision = decide(request, options)
    if ('status' in decision) return refuse(socket, decision.status, decision.reason)
    if (!(socket instanceof Socket)) return refuse(socket, 501, 'Only sockets can be upgraded.')
    options.sockets.accept(request, socket, head, decision.serve)
    socket.off('error', ignore)
  }
}

type Decision = { serve: (socket: OpenSocket) => void } | { status: number; reason: string }

function decide(request: IncomingMessage, options: UpgradeOptions): Decision {
  if (options.isDraining()) return { status: 503, reason: 'The server is closing; connect again.' }
  if (hasTwoHosts(request.rawHeaders)) {
    return { status: 400, reason: 'A request has one Host header.' }
  }
  const target = readTarget(request.url ?? '', request.headers.host)
  const url =
    target === null ? null : URL.parse(`http://localhost${belowBase(options.basePath, target)}`)
  const refusal = options.access.refusal(request.headers, url?.pathname ?? '/ws')
  if (refusal !== null) {
    options.noteRefusal(request.headers.origin, refusal)
    return { status: 403, reason: refusal }
  }
  if (url === null) return { status: 400, reason: 'The address cannot be read.' }
  const serve = options.routes.map((route) => route(url)).find((served) => served !== null)
  if (!serve) return { status: 404, reason: 'There is no WebSocket at this address.' }
  if (options.sockets.countOf(options.addressOf(request)) >= options.socketsPerAddress) {
    return { status: 429, reason: 'Too many connections from this address.' }
  }
  return { serve }
}

function refuse(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`
  socket.once('finish', () => socket.destroy())
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}
