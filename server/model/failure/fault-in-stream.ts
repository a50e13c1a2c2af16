import type { WireEvent } from '../adapter.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { readFault } from './provider-fault.ts'
import type { ProviderFault } from './provider-fault.ts'

/**
 * The error in an event of a stream that began with 200. Known shapes: OpenAI's `error`, an array of them (Google),
 * `object: "error"` (vLLM), `type: "error"`, FastAPI's `detail`, `code` with `message` (DashScope), MiniMax's
 * `base_resp`. Null for any other event.
 *
 * @param isPart true when the event has a piece of an answer, in which names such as `message` mean something else
 */
export function faultInStream({ event, data }: WireEvent, isPart: boolean): ProviderFault | null {
  if (Array.isArray(data)) {
    const found = data.map(objectOf).find((one) => isFault(one.error) || wordsOf(one) !== '')
    return found ? readFault(found) : null
  }
  const read = objectOf(data)
  if (
    event === 'error' ||
    isFault(read.error) ||
    read.object === 'error' ||
    read.type === 'error'
  ) {
    return readFault(isFault(read.error) ? data : saying(read))
  }
  const base = objectOf(read.base_resp)
  const code = numberOf(base.status_code)
  // Every answer of MiniMax has this field; 0 means no error.
  if (code !== undefined && code !== 0) {
    return readFault({ message: stringOf(base.status_msg) || `error ${code}`, code: String(code) })
  }
  if (isPart || read.type === 'ping' || event === 'ping') return null
  const failed = read.success === false || /^(error|failed|failure)$/i.test(stringOf(read.status))
  return failed || wordsOf(read) !== '' ? readFault(saying(read)) : null
}

/** True when the field `error` really has an error: an object, or text. */
function isFault(error: unknown): boolean {
  return isObject(error) || (typeof error === 'string' && error !== '')
}

function saying(read: JsonObject): JsonObject {
  return { ...read, message: wordsOf(read) }
}

/** The error's text in servers without an error object: a field with one of these names. */
function wordsOf(read: JsonObject): string {
  for (const name of [
    'message',
    'detail',
    'error_msg',
    'error_message',
    'msg',
    'errors',
    'reason',
  ]) {
    const said = read[name]
    if (typeof said === 'string' && said.trim() !== '') return said
    if (isObject(said) && stringOf(said.message)) return stringOf(said.message)
    if (arrayOf(said).length > 0) return JSON.stringify(said)
  }
  return ''
}
