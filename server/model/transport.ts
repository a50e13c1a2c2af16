import type { WireEvent } from './adapter.ts'
import { parseJson } from './json.ts'
import { readEvents } from './stream-events.ts'

/** The body of a response as events, whether it is a stream or, although one was asked for, a document. */
export type Transport = {
  events(): AsyncIterable<WireEvent>
  /** Whether `[DONE]` came. */
  readonly marked: boolean
  /** Whether the body ended by itself. */
  readonly over: boolean
}

/** The body is no answer of a model: a web page, say. */
export class UnreadableBody extends Error {
  override name = 'UnreadableBody'
  readonly what: 'web page' | 'other'
  constructor(what: 'web page' | 'other') {
    super(`the body is no answer: ${what}`)
    this.what = what
  }
}

/** @param signal ends the reading */
export function readBody(response: Response, signal: AbortSignal): Transport {
  const stream = readEvents()
  let over = false

  async function* events(): AsyncIterable<WireEvent> {
    if (!response.body) return
    const reader = response.body.getReader()
    const stop = (): void => {
      reader.cancel().catch(() => undefined)
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      const { bytes, begins } = await firstBytes(reader)
      over = bytes === null
      if (bytes === null) return
      if (begins === '<') throw new UnreadableBody('web page')
      if (begins === '{' || begins === '[') {
        yield await wholeAnswer(bytes, reader)
        over = true
        return
      }
      const decoder = new TextDecoder()
      for (let piece: Uint8Array | undefined = bytes; piece; piece = (await reader.read()).value) {
        yield* stream.take(decoder.decode(piece, { stream: true }))
        // What follows the last event is of no use; the connection is not waited for.
        if (stream.done) return
      }
      over = true
      yield* stream.end()
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }

  return {
    events,
    get marked() {
      return stream.done
    },
    get over() {
      return over
    },
  }
}

/** Reads until there is something to tell a stream from a document by. */
async function firstBytes(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<{ bytes: Uint8Array | null; begins: string }> {
  const blanks: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { bytes: null, begins: '' }
    blanks.push(value)
    const bytes = Buffer.concat(blanks)
    const begins = bytes
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .trimStart()[0]
    if (begins) return { bytes, begins }
    if (bytes.length > MAX_BLANKS) throw new UnreadableBody('other')
  }
}

async function wholeAnswer(
  first: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<WireEvent> {
  const pieces = [first]
  let length = first.length
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    length += value.length
    if (length > MAX_ANSWER_BYTES) throw new UnreadableBody('other')
  }
  const data = parseJson(
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  )
  if (typeof data !== 'object' || data === null) throw new UnreadableBody('other')
  return { event: 'answer', data }
}

const MAX_BLANKS = 65_536
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
