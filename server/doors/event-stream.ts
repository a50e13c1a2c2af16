import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { toHttpError } from '../http/http-errors.ts'
import type { LogIds } from '../log-ids.ts'

/**
 * The interval of pings. Proxies close silent connections; the longest silence is less than twice this. Milliseconds.
 */
const PING = 10_000

type EventStream = {
  /** Each is one or several events as they are written, without the empty line after the last. */
  lines: AsyncGenerator<string, void, void>
  /** The events by which the protocol reports that a stream failed. */
  failed: (error: unknown) => string[]
  /** Logs a failure that is the server's. */
  report: (error: unknown, about?: LogIds) => void
  headers?: Record<string, string>
}

/**
 * Answers with server-sent events, no faster than the client reads them. A stream that fails ends with an error event.
 */
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
 * The events as a stream with backpressure. It uses no further generator or promise, because it runs for each token of
 * each reader.
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
  // One timer serves the whole stream, because one for each event would cost more than the event.
  const timer = setInterval(() => {
    if (isQuiet && stream.readableLength === 0) stream.push(': ping\n\n')
    isQuiet = true
  }, PING)
  // The head goes at once, not with the first event.
  stream.push(': connected\n\n')
  return stream
}
