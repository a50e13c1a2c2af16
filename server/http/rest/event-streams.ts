import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Keeps account of the server-sent events that are being read: such an answer never ends by itself, and a closing
 * server cannot wait for it. Returns what ends them all; their readers come back by themselves.
 */
export function trackEventStreams(app: FastifyInstance): () => void {
  const open = new Set<ServerResponse>()
  app.addHook('onSend', async (_request, reply, payload) => {
    // tRPC answers with a Response, whose headers the reply does not have yet.
    const type =
      payload instanceof Response
        ? payload.headers.get('content-type')
        : reply.getHeader('content-type')
    if (!String(type).startsWith('text/event-stream')) return
    open.add(reply.raw)
    reply.raw.once('close', () => open.delete(reply.raw))
  })
  return () => {
    for (const response of open) response.destroy()
  }
}
