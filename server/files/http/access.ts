import type { FastifyReply, FastifyRequest } from 'fastify'
import { refusalFor, signedOut } from '../../admit.ts'
import { toApiError } from '../../api-error.ts'
import type { Asker } from '../../auth/port.ts'
import { httpConnection } from '../../http/sockets/connection.ts'
import type { Connection } from '../../http/sockets/connection.ts'
import type { Limits } from '../../limits/limits.ts'
import type { IncomingMessage } from 'node:http'

export type FileAccess = {
  askerOf(connection: Connection): Promise<() => Asker | null>
  clientAddress(request: IncomingMessage): string
  limits(): Pick<Limits, 'admitCall'> | null
}

/**
 * Who asks, if they may: judged as every procedure is.
 *
 * @throws the public error that says why not
 */
export async function admitRequest(
  { askerOf, clientAddress, limits }: FileAccess,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Asker> {
  const ended = new AbortController()
  reply.raw.once('close', () => ended.abort())
  const reads = request.method === 'GET' || request.method === 'HEAD'
  try {
    const asker = (await askerOf(httpConnection(request.raw, reply.raw, ended.signal)))()
    await limits()?.admitCall(asker, clientAddress(request.raw))
    const refusal = refusalFor(asker, { kind: reads ? 'query' : 'mutation' })
    if (refusal) throw refusal
    if (!asker) throw signedOut()
    return asker
  } catch (error) {
    throw toApiError(error)
  }
}
