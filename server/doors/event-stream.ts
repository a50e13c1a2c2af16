import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { toHttpError } from '../http/http-errors.ts'
import type { LogIds } from '../log-ids.ts'

/** Proxies cut what is silent: it is so for less than twice as long. Milliseconds. */
const PING = 10_000

type EventStream = {
  /** Each is one event, or several, as they are written, without the empty line that ends the last. */
  lines: AsyncGenerator<string, void, void>
  /** By which events the protocol says that a stream failed. */
  failed: (error: unknown) => string[]
  /** Logs a failure that is the server's. */
  report: (error: unknown, about?: LogIds) => void
  headers?: Record<string, string>
}

/** Answers with server-sent events, no faster than they are taken. A stream that fails says so at its end. */
export function sendEvents(
  reply: FastifyReply,
  { lines, failed, report, headers = {} }: EventStream,
): FastifyReply {
  const onFailure = (error: unknown): string[] => {
    // The client is gone.
    if (reply.raw.destroyed) return []
    if (toHttpError(error).status >= 500) report(error, { request: reply.request.id })
    return failed(error)
  }
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'private, no-store, no-transform')
    .header('x-accel-buffering', 'no')
    .headers(headers)
    .send(readableOf(lines, onFailure))
}

/**
 * The events as they come: each is taken when there is room, and handed on without a further generator or promise, for this
 * is done for each token of each reader.
 */
function readableOf(
  lines: AsyncGenerator<string, void, void>,
  onFailure: (error: unknown) => string[],
): Readable {
  let isReading = false
  let isQuiet = true
  const read = async (): Promise<void> => {
    isReading = true
    try {
      for (let hasRoom = true; hasRoom;) {
        const { done, value } = await lines.next()
        if (done) return end([])
        isQuiet = false
        hasRoom = stream.push(`${value}\n\n`)
      }
    } catch (error) {
      end(onFailure(error))
    } finally {
      isReading = false
    }
  }
  const end = (last: readonly string[]): void => {
    for (const line of last) stream.push(`${line}\n\n`)
    stream.push(null)
  }
  const stream = new Readable({
    ...{ highWaterMark: 16 * 1024, encoding: 'utf8' },
    read: () => {
      if (!isReading) void read()
    },
    destroy: (error, done) => {
      clearInterval(timer)
      void lines.return().catch(() => undefined)
      done(error)
    },
  })
  // One timer for the whole stream: one for each event costs more than the event.
  const timer = setInterval(() => {
    if (isQuiet && stream.readableLength === 0) stream.push(': ping\n\n')
    isQuiet = true
  }, PING)
  // The head goes at once, not with the first event.
  stream.push(': connected\n\n')
  return stream
}
