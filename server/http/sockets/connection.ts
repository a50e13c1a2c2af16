import type { IncomingMessage, ServerResponse } from 'node:http'
import { bearerToken } from '../../auth/bearer-token.ts'
import { SUSPENDED } from '../../auth/open-logins.ts'
import type { Counted } from '../open-counts.ts'
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
   * Resolves when the other side has read enough that more may be written, or is gone. Streams await it between two
   * writes, so that a slow reader costs no memory.
   */
  drained(): Promise<void>
  /** Does work that makes a long answer, after the long answers before it were sent. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>
  /**
   * Counts what lasts for who is signed in, in place of their address; false when they have as many as they may. Absent
   * of a request that ends by itself.
   */
  belongsTo?: Counted['belongsTo'] | undefined
  /** The short way of a watch's events; absent where there is none. */
  live?: OpenLive
  /** Aborts when the connection ends. */
  signal: AbortSignal
  /**
   * Ends the connection, such as when its login was revoked. Over HTTP, a body that is still arriving and an answer
   * that is being sent are cut; for a suspended person also the work itself.
   */
  close(code: number, reason: string): void
}

/** Makes the tRPC context of a connection; a thrown TRPCError refuses it. */
export type CreateContext<Context> = (connection: Connection) => Context | Promise<Context>

/** The connection of one HTTP request. It needs no backpressure here, because Node's streams pull the data. */
export function httpConnection(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  connectionParams: Record<string, string | undefined> | null = null,
  belongsTo?: Counted['belongsTo'],
): Connection {
  return {
    belongsTo,
    transport: 'http',
    request,
    token: bearerToken(request) ?? connectionParams?.token ?? null,
    drained: () => Promise.resolve(),
    inTurn: (work) => work(),
    signal,
    close: (code) => {
      // A request that has arrived completely and is not answered yet ends by itself, such as a sign-out.
      const isUnderWay = response.headersSent || !request.complete
      if (isUnderWay || code === SUSPENDED) response.destroy()
    },
  }
}
