import { createParser } from 'eventsource-parser'
import type { WireEvent } from '../adapter.ts'
import { parseJson } from '../json.ts'

/** The longest event of an answer, in UTF-16 units. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** A decoder of server-sent events. */
export type StreamEvents = {
  /**
   * @throws {SyntaxError} when an event begins like JSON and is invalid; complete events before it are reported first
   */
  take(text: string): void
  /** Reports the last event if the body ended without the blank line behind it. */
  end(): void
  readonly done: boolean
}

/**
 * Parses server-sent events with JSON data. Gateways keep a connection alive with comments, with events without data,
 * and with `data: ping`, so whatever does not begin like JSON is ignored.
 *
 * @param onEvent is called with each event; `false` ends the reading
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
