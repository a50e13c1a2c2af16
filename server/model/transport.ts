import type OpenAI from 'openai'
import { Stream } from 'openai/streaming'
import type { WireEvent } from './adapter.ts'
import { isObject, parseJson } from './json.ts'

/**
 * The body of a response as events. The `openai` client reads the server-sent events; what it does not tell is seen
 * here: whether `[DONE]` came, whether the body was over, and whether it was a stream at all.
 */
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

/**
 * @param client lends its log level: without one, the reader of events writes to the console
 * @param signal ends the reading
 */
export function readBody(response: Response, client: OpenAI, signal: AbortSignal): Transport {
  let marked = false
  let over = false
  let tail = ''

  function watch(bytes: Uint8Array): void {
    const text = tail + Buffer.from(bytes).toString('latin1')
    marked ||= /(^|[\r\n])data: ?\[DONE\]/.test(text)
    tail = text.slice(-16)
  }

  async function* events(): AsyncIterable<WireEvent> {
    if (!response.body) return
    const reader = response.body.getReader()
    // The client aborts the controller it is given whenever its stream fails, so it is given one of its own.
    const reading = new AbortController()
    const stop = (): void => {
      reading.abort()
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
      watch(bytes)
      let left = false
      const rest = new ReadableStream<Uint8Array>({
        start: (queue) => queue.enqueue(bytes),
        async pull(queue) {
          const { done, value } = await reader.read()
          if (done) {
            over = !left
            queue.close()
          } else {
            watch(value)
            queue.enqueue(value)
          }
        },
        cancel(reason) {
          left = true
          return reader.cancel(reason)
        },
      })
      // Mode `events` hands errors on like every other event, in their place, instead of throwing them.
      yield* Stream.fromSSEResponse<WireEvent>(new Response(rest), reading, client, true, 'events')
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    events,
    get marked() {
      return marked
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
  if (!isObject(data)) throw new UnreadableBody('other')
  return { event: 'answer', data }
}

const MAX_BLANKS = 65_536
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
