import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenLive } from './open-live.ts'

/**
 * The connection over which a procedure was called. A socket has one for all its calls, an HTTP request one of its own.
 */
export type Connection = {
  transport: 'http' | 'socket' | 'plain-socket'
  /** The request, or the upgrade of the socket: cookies and addresses are read from it. */
  request: IncomingMessage
  /** The bearer token of `Authorization`, of the connection params or of `?token=`, unverified. */
  token: string | null
  /**
   * Resolves when the other side has taken enough of what was sent that more may be written, or is gone. Whoever
   * streams awaits it between two writes, so that a slow reader costs no memory.
   */
  drained(): Promise<void>
  /** Does work that makes a long answer: after what was given before it, when the other side has taken that. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
  /** The short way of a watch's events; absent where there is none. */
  live?: OpenLive
  /** Aborts when the connection ends. */
  signal: AbortSignal
  /** Ends it, as when its login was revoked. An answer over HTTP that is being sent is cut. */
  close(code: number, reason: string): void
}

/** Makes the tRPC context of a connection; a thrown TRPCError refuses it. */
export type CreateContext<Context> = (connection: Connection) => Context | Promise<Context>

const BEARER = /^Bearer\s+(\S+)\s*$/i

/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken(request: IncomingMessage): string | null {
  return BEARER.exec(request.headers.authorization ?? '')?.[1] ?? null
}

/** The connection of one HTTP request. Nothing waits: Node's streams pull what is sent over HTTP. */
export function httpConnection(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  connectionParams: Record<string, string | undefined> | null = null,
): Connection {
  return {
    transport: 'http',
    request,
    token: bearerToken(request) ?? connectionParams?.token ?? null,
    drained: () => Promise.resolve(),
    inTurn: (work) => work(),
    signal,
    close: () => {
      // One that has not begun to answer ends by itself, such as that by which somebody signs out.
      if (response.headersSent) response.destroy()
    },
  }
}
