import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'

/** Proxies cut what is silent. Milliseconds. */
const PING = 15_000

/**
 * Answers with server-sent events, no faster than they are taken.
 *
 * @param lines each is one event as it is written, without the empty line that ends it
 */
export function sendEvents(
  reply: FastifyReply,
  lines: AsyncGenerator<string, void, void>,
  headers: Record<string, string> = {},
): FastifyReply {
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'private, no-store, no-transform')
    .header('x-accel-buffering', 'no')
    .headers(headers)
    .send(Readable.from(withPings(lines), { objectMode: false, highWaterMark: 16 * 1024 }))
}

async function* withPings(lines: AsyncGenerator<string, void, void>) {
  try {
    // The head goes at once, not with the first event.
    yield ': connected\n\n'
    for (let next = lines.next(); ;) {
      const quiet = new AbortController()
      const ping = delay(PING, null, { signal: quiet.signal }).catch(() => null)
      const got = await Promise.race([next, ping])
      quiet.abort()
      if (got === null) {
        yield ': ping\n\n'
        continue
      }
      if (got.done) return
      yield `${got.value}\n\n`
      next = lines.next()
    }
  } finally {
    void lines.return().catch(() => undefined)
  }
}
