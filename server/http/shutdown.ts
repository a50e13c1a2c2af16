import { setTimeout as delay } from 'node:timers/promises'
import { TRPCError } from '@trpc/server'
import type { FastifyInstance } from 'fastify'
import { pathOf } from './logging.ts'

/** The paths that are answered until the end, for monitoring. */
const LAST = new Set(['/health', '/livez', '/readyz', '/metrics'])

/**
 * Rejects requests that come while the server closes.
 *
 * @returns a function that waits until all earlier requests are answered, for at most so many milliseconds
 */
export function refuseDuringShutdown(
  app: FastifyInstance,
  isLeaving: () => boolean,
): (longestMs: number) => Promise<void> {
  const open = new Set<object>()
  let wake = (): void => {}
  app.addHook('onRequest', async (request, reply) => {
    if (isLeaving()) {
      reply.header('connection', 'close')
      if (LAST.has(pathOf(request.url))) return
      throw new TRPCError({
        code: 'SERVICE_UNAVAILABLE',
        message: 'The server is closing. Try again in a moment.',
      })
    }
    open.add(reply.raw)
    reply.raw.once('close', () => {
      open.delete(reply.raw)
      wake()
    })
  })
  return async (longestMs) => {
    const late = new AbortController()
    const answered = new Promise<void>((resolve) => {
      wake = () => {
        if (open.size === 0) resolve()
      }
      wake()
    })
    await Promise.race([
      answered,
      delay(longestMs, undefined, { signal: late.signal }).catch(() => undefined),
    ])
    late.abort()
  }
}
