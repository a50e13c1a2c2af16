import { createParser } from 'eventsource-parser'
import type { WireEvent } from '../adapter.ts'
import { parseJson } from '../json.ts'

/** No event of an answer is longer, in UTF-16 units. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** A decoder of server-sent events. */
export type StreamEvents = {
  /**
   * @throws {SyntaxError} when an event begins as JSON and is none; the complete events before it are reported first
   */
  take(text: string): void
  /** The last event, when the body ended without the blank line behind it. */
  end(): void
  readonly done: boolean
}

/**
 * Server-sent events with JSON in them. Gateways keep a connection alive with comments, with events that have no data,
 * and with `data: ping`: whatever does not begin as JSON is passed over.
 *
 * @param onEvent is called with each event; `false` says that no more are wanted
 */
export function readEvents(onEvent: (event: WireEvent) => boolean): StreamEvents {
  let done = false
  let enough = false
  let broken: Error | null = null
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent({ event = null, data }) {
      if (done || broken || enough) return
      const first = data.charCodeAt(0)
      const text = first === BRACE || first === BRACKET ? data : data.trimStart()
      if (text.startsWith('[DONE]') && text.trimEnd() === '[DONE]') {
        done = true
        return
      }
      if (!text.startsWith('{') && !text.startsWith('[')) return
      const value = parseJson(text)
      if (value === undefined) broken = new SyntaxError('an event is no JSON')
      else enough = !onEvent({ event, data: value })
    },
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') broken = new SyntaxError('an event has no end')
    },
  })

  function take(text: string): void {
    parser.feed(text)
    // A broken event after the end of the answer does not matter.
    if (broken && !enough) throw broken
  }

  return {
    take,
    end: () => take('\n\n'),
    get done() {
      return done
    },
  }
}

const BRACE = 0x7b
const BRACKET = 0x5b
