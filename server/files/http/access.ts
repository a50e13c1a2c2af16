import type { FastifyReply, FastifyRequest } from 'fastify'
import { refusalFor, signedOut } from '../../admit.ts'
import { toApiError } from '../../api-error.ts'
import type { Asker } from '../../auth/port.ts'
import type { Limits } from '../../limits/limits.ts'
import type { IncomingMessage } from 'node:http'

export type FileAccess = {
  /** Who makes a request; null for nobody. */
  askerOf(request: FastifyRequest, reply: FastifyReply): Promise<Asker | null>
  clientAddress(request: IncomingMessage): string
  limits(): Pick<Limits, 'admitCall'> | null
}

/**
 * Lets everybody in whose address, or person, has not asked too much: for what a token in the address opens, and where
 * the route itself says what those need who are let in.
 *
 * @returns who asks
 * @throws the public error that says why not
 */
export async function admitAnybody(
  { askerOf, clientAddress, limits }: FileAccess,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Asker | null> {
  try {
    const asker = await askerOf(request, reply)
    await limits()?.admitCall(asker, clientAddress(request.raw))
    return asker
  } catch (error) {
    throw toApiError(error)
  }
}

/**
 * Who asks, if they may: judged as every procedure is.
 *
 * @param kind other than its method says, for what is asked by GET and costs money
 * @throws the public error that says why not
 */
export async function admitRequest(
  { askerOf, clientAddress, limits }: FileAccess,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'query' | 'mutation' = ['GET', 'HEAD'].includes(request.method) ? 'query' : 'mutation',
): Promise<Asker> {
  try {
    const asker = await askerOf(request, reply)
    await limits()?.admitCall(asker, clientAddress(request.raw))
    const refusal = refusalFor(asker, { kind })
    if (refusal) throw refusal
    if (!asker) throw signedOut()
    return asker
  } catch (error) {
    throw toApiError(error)
  }
}
