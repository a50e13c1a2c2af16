import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** The interval at which unsent bytes are summed up. Milliseconds. */
const INTERVAL = 250

/**
 * Limits the unsent bytes of all answers over HTTP together. Streamed answers buffer next to nothing; an answer that
 * was made as a whole, such as an export over tRPC, is buffered until its client has read it. Over the limit the
 * answers with the most unsent bytes are cut: clients repeat the request, or download in pieces.
 */
export function boundUnsentAnswers(app: FastifyInstance, mostBytes: number): void {
  const open = new Set<ServerResponse>()
  app.addHook('onRequest', async (_request, { raw }) => {
    open.add(raw)
    raw.once('close', () => open.delete(raw))
  })
  const look = (): void => {
    let sum = 0
    for (const { writableLength } of open) sum += writableLength
    if (sum <= mostBytes) return
    for (const answer of [...open].toSorted((a, b) => b.writableLength - a.writableLength)) {
      if (sum <= mostBytes) return
      sum -= answer.writableLength
      answer.destroy()
    }
  }
  const timer = setInterval(look, INTERVAL).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
