import type { FastifyReply, FastifyRequest } from 'fastify'
import { refusalFor, signedOut } from '../../admit.ts'
import { toApiError } from '../../api-error.ts'
import type { Asker } from '../../auth/port.ts'
import type { Limits } from '../../limits/limits.ts'
import type { IncomingMessage } from 'node:http'

export type FileAccess = {
  /** The asker of a request; null when nobody is signed in. */
  askerOf(request: FastifyRequest, reply: FastifyReply): Promise<Asker | null>
  clientAddress(request: IncomingMessage): string
  limits(): Pick<Limits, 'admitCall'> | null
}

/**
 * Admits everybody whose address, or person, is within the limits: for routes that a token in the address opens, or
 * that check the rest themselves.
 *
 * @returns the asker
 * @throws the public error with the reason
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
 * The asker of a request, admitted by the same rules as procedures.
 *
 * @param kind if it differs from the request's method, for a GET that costs money
 * @throws the public error with the reason
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
