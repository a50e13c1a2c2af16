import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { toHttpError } from '../http/http-errors.ts'

/** Proxies cut what is silent: it is so for less than twice as long. Milliseconds. */
const PING = 10_000

type EventStream = {
  /** Each is one event as it is written, without the empty line that ends it. */
  lines: AsyncGenerator<string, void, void>
  /** By which events the protocol says that a stream failed. */
  failed: (error: unknown) => string[]
  /** Logs a failure that is the server's. */
  report: (error: unknown) => void
  headers?: Record<string, string>
}

/** Answers with server-sent events, no faster than they are taken. A stream that fails says so at its end. */
export function sendEvents(
  reply: FastifyReply,
  { lines, failed, report, headers = {} }: EventStream,
): FastifyReply {
  const onFailure = (error: unknown): string[] => {
    // Nobody reads it any more.
    if (reply.raw.destroyed) return []
    if (toHttpError(error).status >= 500) report(error)
    return failed(error)
  }
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'private, no-store, no-transform')
    .header('x-accel-buffering', 'no')
    .headers(headers)
    .send(
      Readable.from(withPings(lines, onFailure), { objectMode: false, highWaterMark: 16 * 1024 }),
    )
}

async function* withPings(
  lines: AsyncGenerator<string, void, void>,
  onFailure: (error: unknown) => string[],
) {
  // One timer for the whole stream: one for each event, with a signal that ends it, costs more than the event.
  let onPing: () => void = () => undefined
  let isQuiet = true
  const timer = setInterval(() => {
    if (isQuiet) onPing()
    isQuiet = true
  }, PING)
  try {
    // The head goes at once, not with the first event.
    yield ': connected\n\n'
    for (let next = lines.next(); ;) {
      const got = await new Promise<IteratorResult<string, void> | null>((resolve, reject) => {
        onPing = () => resolve(null)
        next.then(resolve, reject)
      })
      isQuiet = false
      if (got === null) {
        yield ': ping\n\n'
        continue
      }
      if (got.done) return
      yield `${got.value}\n\n`
      next = lines.next()
    }
  } catch (error) {
    for (const line of onFailure(error)) yield `${line}\n\n`
  } finally {
    clearInterval(timer)
    void lines.return().catch(() => undefined)
  }
}
