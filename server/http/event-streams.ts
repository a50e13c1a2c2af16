import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Keeps account of the server-sent events that are being read: such an answer never ends by itself, and a closing
 * server cannot wait for it. Returns what ends them all; their readers come back by themselves.
 */
export function trackEventStreams(app: FastifyInstance): () => void {
  const open = new Set<ServerResponse>()
  app.addHook('onSend', async (_request, reply) => {
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) return
    open.add(reply.raw)
    reply.raw.once('close', () => open.delete(reply.raw))
  })
  return () => {
    for (const response of open) response.destroy()
  }
}
