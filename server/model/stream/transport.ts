import type { WireEvent } from '../adapter.ts'
import { parseJson } from '../json.ts'
import { readEvents } from './stream-events.ts'

/** The body of an answer as events, whether it is a stream or, against the request, a single JSON document. */
export type AnswerBody = {
  /**
   * Parses the next piece.
   *
   * @throws {UnreadableBody} when it is not an answer of a model
   * @throws {SyntaxError} when an event begins like JSON and is invalid, or has no end
   */
  take(bytes: Uint8Array): void
  /** The body ended normally. Throws as `take` does. */
  end(): void
  /** True when `[DONE]` came; anything after it is ignored. */
  readonly marked: boolean
  /** True when the body ended normally. */
  readonly over: boolean
}

/** The body is not an answer of a model but, for example, a web page. */
export class UnreadableBody extends Error {
  override name = 'UnreadableBody'
  readonly what: 'web page' | 'other'
  constructor(what: 'web page' | 'other') {
    super(`the body is no answer: ${what}`)
    this.what = what
  }
}

/** @param onEvent is called with each event, in order; `false` ends the reading */
export function readBody(onEvent: (event: WireEvent) => boolean): AnswerBody {
  const stream = readEvents(onEvent)
  const decoder = new TextDecoder()
  let form: 'unknown' | 'stream' | 'document' = 'unknown'
  /** Bytes are buffered until it is known whether this is a stream; those of a document until its end. */
  let pieces: Uint8Array[] = []
  let length = 0
  let over = false

  const keep = (bytes: Uint8Array, most: number): void => {
    pieces.push(bytes)
    length += bytes.length
    if (length > most) throw new UnreadableBody('other')
  }

  const feed = (bytes: Uint8Array): void => stream.take(decoder.decode(bytes, STREAMING))

  return {
    take(bytes) {
      if (form === 'stream') return feed(bytes)
      if (form === 'document') return keep(bytes, MAX_ANSWER_BYTES)
      keep(bytes, MAX_BLANKS + bytes.length)
      const begun = pieces.length === 1 ? bytes : Buffer.concat(pieces)
      const first = firstSign(begun)
      if (first === undefined) return
      if (first === LESS_THAN) throw new UnreadableBody('web page')
      form = first === BRACE || first === BRACKET ? 'document' : 'stream'
      if (form === 'document') return
      pieces = []
      feed(begun)
    },
    end() {
      over = true
      if (form === 'stream') stream.end()
      if (form === 'document') onEvent(wholeAnswer(pieces))
    },
    get marked() {
      return stream.done
    },
    get over() {
      return over
    },
  }
}

/**
 * The first byte that is neither whitespace nor part of a byte order mark; it distinguishes a document from a stream.
 */
function firstSign(bytes: Uint8Array): number | undefined {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return bytes.subarray(marked ? 3 : 0).find((byte) => byte !== 0x20 && !isBlank(byte))
}

/** From tab to carriage return. */
function isBlank(byte: number): boolean {
  return byte >= 0x09 && byte <= 0x0d
}

function wholeAnswer(pieces: readonly Uint8Array[]): WireEvent {
  const data = parseJson(
    Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  )
  if (typeof data !== 'object' || data === null) throw new UnreadableBody('other')
  return { event: 'answer', data }
}

const STREAMING = { stream: true }
const LESS_THAN = 0x3c
const BRACE = 0x7b
const BRACKET = 0x5b
const MAX_BLANKS = 65_536
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
