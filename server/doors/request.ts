import { TRPCError } from '@trpc/server'
import type { AnyTRPCRouter } from '@trpc/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refusalFor } from '../admit.ts'
import type { User } from '../auth/port.ts'
import { me } from '../../shared/contract/api/people.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import { httpConnection } from '../http/sockets/connection.ts'
import type { CreateContext } from '../http/sockets/connection.ts'
import { createCall } from '../http/rest/procedures.ts'
import type { Call } from '../http/rest/procedures.ts'
import type { LogIds } from '../log-ids.ts'
import type { Services } from '../services.ts'
import type { Context } from '../trpc.ts'

export type DoorOptions = {
  router: AnyTRPCRouter
  createContext: CreateContext<Context>
  services: Services
  /** Logs a failure that is the server's fault. */
  report: (error: unknown, about?: LogIds) => void
}

/** An admitted request of another protocol: its person, and the procedures with that person's rights. */
export type DoorRequest = {
  userId: UserId
  user: User
  call: Call
  services: Services
  /** @throws FORBIDDEN for a read-only login; for writes that use no procedure */
  requireWrite(): void
  /** Aborts when the client is gone. */
  signal: AbortSignal
}

/** The size limit of bodies that contain files as base64. Bytes. */
const BODY_BYTES = 64 * 1024 * 1024

const admitted = new WeakMap<FastifyRequest, Promise<DoorRequest>>()

/** A route that takes files: the caller is authenticated before the body is read. */
export function takesFiles(options: DoorOptions) {
  return {
    bodyLimit: BODY_BYTES,
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const admitting = admitDoor(options, request, reply)
      admitted.set(request, admitting)
      try {
        await admitting
      } catch (error) {
        // The rest of a rejected body is not read.
        void reply.header('connection', 'close')
        throw error
      }
    },
  }
}

/**
 * Admits a request as any procedure would: signed in, not suspended, within the limits.
 *
 * @throws as `me` does
 */
export function admitDoor(
  options: DoorOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<DoorRequest> {
  return admitted.get(request) ?? admit(options, request, reply)
}

/** The value of the `Idempotency-Key` header; null without one. */
export function idempotencyKey({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key']
  return typeof key === 'string' && key !== '' ? key : null
}

async function admit(
  { router, createContext, services }: DoorOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<DoorRequest> {
  const ended = new AbortController()
  reply.raw.once('close', () => ended.abort())
  const context = await createContext(httpConnection(request.raw, reply.raw, ended.signal))
  const call = createCall(router, context, ended.signal)
  const { id: userId } = await call(me, undefined)
  // `me` has admitted the caller, so there is a user.
  const user = context.asker()?.user
  if (!user) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in first.' })
  const requireWrite = () => {
    const refusal = refusalFor(context.asker(), { kind: 'mutation' })
    if (refusal) throw refusal
  }
  return { userId, user, call, services, requireWrite, signal: ended.signal }
}
