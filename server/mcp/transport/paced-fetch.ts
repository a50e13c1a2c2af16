import { setTimeout as delay } from 'node:timers/promises'
import { MessageRateLimiter, MAX_MESSAGE, MessageTooLongError } from './receive-limit.ts'
import { Messages } from '../protocol/messages.ts'
import { readableResponse } from './readable-response.ts'

/**
 * A `fetch` whose responses are read no faster than the rate limit allows, whose messages are bounded, and repaired so
 * that the client library can read them.
 * @param onMessageTooLong called when a message was too long; its response then breaks off
 */
export function pacedFetch(onMessageTooLong: (error: Error) => void): typeof fetch {
  const rateLimit = new MessageRateLimiter()
  const messages = new Messages()
  return async (input, init) => {
    const own = typeof init?.body === 'string' ? messages.sent(JSON.parse(init.body)) : null
    const response = await fetch(input, init).catch((error: unknown) => {
      messages.forget(own)
      throw error
    })
    if (!response.body) return response
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    const meter = new Meter(isStream)
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          const messages = meter.count(chunk)
          if (meter.length > MAX_MESSAGE) {
            const error = new MessageTooLongError()
            onMessageTooLong(error)
            throw error
          }
          controller.enqueue(chunk)
          const wait = rateLimit.take(messages, chunk.length)
          if (wait > 0) await delay(wait, undefined, { ref: false })
        },
      }),
    )
    const { status, statusText, headers } = response
    return readableResponse(new Response(body, { status, statusText, headers }), messages, own)
  }
}

/** Measures the length of the current message; in an event stream, an empty line ends a message. */
class Meter {
  readonly #isStream: boolean
  #atLineStart = false
  length = 0

  constructor(isStream: boolean) {
    this.#isStream = isStream
  }

  /** @returns the number of messages that ended in this piece */
  count(chunk: Uint8Array): number {
    if (chunk.length === 0) return 0
    let ended = 0
    let from = 0
    for (
      let at = this.#isStream ? chunk.indexOf(10) : -1;
      at >= 0;
      at = chunk.indexOf(10, at + 1)
    ) {
      const line = chunk.subarray(from, at)
      const isEmpty = line.length === 0 || (line.length === 1 && line[0] === 13)
      if (isEmpty && (from > 0 || this.#atLineStart)) {
        ended += 1
        this.length = 0
      }
      from = at + 1
    }
    this.#atLineStart = from === chunk.length
    this.length += chunk.length - from
    // The bytes of an unfinished message are counted on.
    if (ended === 0) this.length += from
    return ended
  }
}
