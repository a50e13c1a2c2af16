import type { AnyTRPCRouter } from '@trpc/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refusalFor } from '../admit.ts'
import { me } from '../../shared/contract/api/people.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { httpConnection } from '../http/sockets/connection.ts'
import type { CreateContext } from '../http/sockets/connection.ts'
import { createCall } from '../http/rest/procedures.ts'
import type { Call } from '../http/rest/procedures.ts'
import type { Services } from '../services.ts'
import type { Context } from '../trpc.ts'

export type DoorOptions = {
  router: AnyTRPCRouter
  createContext: CreateContext<Context>
  services: Services
  /** Logs a failure that is the server's. */
  report: (error: unknown) => void
}

/** One request of another protocol, admitted: whose it is, and the procedures as they may call them. */
export type DoorRequest = {
  userId: UserId
  call: Call
  services: Services
  /** @throws FORBIDDEN when who asks may only read: for what changes something by no procedure */
  requireWrite(): void
  /** Aborts when whoever asked is gone. */
  signal: AbortSignal
}

/**
 * Admits a request as any procedure would: signed in, not suspended, within the limits.
 *
 * @throws as `me` does
 */
export async function admitDoor(
  { router, createContext, services }: DoorOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<DoorRequest> {
  const ended = new AbortController()
  reply.raw.once('close', () => ended.abort())
  const context = await createContext(httpConnection(request.raw, reply.raw, ended.signal))
  const call = createCall(router, context, ended.signal)
  const { id: userId } = await call(me, undefined)
  const requireWrite = () => {
    const refusal = refusalFor(context.asker(), { kind: 'mutation' })
    if (refusal) throw refusal
  }
  return { userId, call, services, requireWrite, signal: ended.signal }
}
