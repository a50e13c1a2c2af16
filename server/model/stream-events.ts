import { createParser } from 'eventsource-parser'
import type { WireEvent } from './adapter.ts'
import { parseJson } from './json.ts'

/** No event of an answer is longer, in UTF-16 units. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** What a piece of a stream came to: its events, and whether `[DONE]` ended them. */
export type StreamEvents = {
  /** @throws {SyntaxError} when an event begins as JSON and is none */
  take(text: string): Iterable<WireEvent>
  /** The last event, when the body ended without the blank line behind it. */
  end(): Iterable<WireEvent>
  readonly done: boolean
}

/**
 * Server-sent events with JSON in them. Gateways keep a connection alive with comments, with events that have no data,
 * and with `data: ping`: whatever does not begin as JSON is passed over.
 */
export function readEvents(): StreamEvents {
  let events: WireEvent[] = []
  let done = false
  let broken: Error | null = null
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent({ event = null, data }) {
      if (done || broken) return
      const text = data.trim()
      if (text === '[DONE]') {
        done = true
        return
      }
      if (!/^[{[]/.test(text)) return
      const value = parseJson(text)
      if (value === undefined) broken = new SyntaxError('an event is no JSON')
      else events.push({ event, data: value })
    },
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') broken = new SyntaxError('an event has no end')
    },
  })

  function* take(text: string): Generator<WireEvent> {
    parser.feed(text)
    const ready = events
    events = []
    // What came whole before the broken one is heard first.
    yield* ready
    if (broken) throw broken
  }

  return {
    take,
    end: () => take('\n\n'),
    get done() {
      return done
    },
  }
}
