import { type JSONRPCMessage, parseJSONRPCMessage } from '@modelcontextprotocol/client'
import { isObject, readInitialization, readResult } from './odd-results.ts'
import { withoutNulls } from './nulls.ts'

/** Codes of errors that this side writes in the place of an answer that cannot be read, or that never comes. */
export const UNREADABLE = -32_098
export const CUT_OFF = -32_097
/** Of an error whose own code is none. */
const NO_CODE = -32_000

export type Id = string | number

/**
 * What comes from one server, as messages that the client library takes. Servers send `null` where a field may be
 * absent, and worse; the library drops such a message, and whoever waits for it waits until the time is over. So what
 * can be read is read, and what cannot is turned into an error for the request that it answers.
 */
export class Messages {
  /** The requests that have no answer yet: id to method. */
  readonly #asked = new Map<Id, string>()

  /** @returns its id, when it is a request, which wants an answer */
  sent(message: unknown): Id | null {
    if (!isObject(message)) return null
    const { id, method, params } = message
    if (method === 'notifications/cancelled' && isObject(params)) {
      this.forget(this.#waiting(params['requestId']))
    }
    if (typeof method !== 'string' || (typeof id !== 'number' && typeof id !== 'string'))
      return null
    this.#asked.set(id, method)
    return id
  }

  /** Nobody waits for the answer to this request any more. */
  forget(id: Id | null): void {
    if (id !== null) this.#asked.delete(id)
  }

  /** Nothing more comes: a request that is still without an answer fails. */
  cutOff(id: Id | null): JSONRPCMessage | null {
    if (id === null || !this.#asked.delete(id)) return null
    return failure(id, CUT_OFF, 'it ended its answer before it was complete')
  }

  /**
   * @param text one message, or a list of them
   * @param own the request that this can only be the answer to, when it does not say so itself
   * @throws when it is no message, and no answer that is waited for
   */
  read(text: string, own: Id | null = null): JSONRPCMessage[] {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      const said = idIn(text) ?? own
      const id = said === null ? null : this.#waiting(said)
      if (id === null) throw error
      this.#asked.delete(id)
      return [failure(id, UNREADABLE, 'it answered what is no JSON')]
    }
    return Array.isArray(value)
      ? value.map((one) => this.#readOne(one, own))
      : [this.#readOne(value, own)]
  }

  #readOne(value: unknown, own: Id | null): JSONRPCMessage {
    if (!isObject(value) || value['jsonrpc'] !== '2.0') throw new Error('this is no message')
    if (typeof value['method'] === 'string') {
      const { id, method, params } = value
      return parseJSONRPCMessage({
        jsonrpc: '2.0',
        ...(id !== undefined && id !== null && { id }),
        method,
        ...(isObject(params) && { params: withoutNulls(params) }),
      })
    }
    const id = this.#waiting(value['id'] ?? own)
    // An answer that nobody waits for, or not any more: whoever reads on says so.
    if (id === null) return parseJSONRPCMessage(withoutNulls(value))
    const method = this.#asked.get(id)
    this.#asked.delete(id)
    try {
      return parseJSONRPCMessage({ jsonrpc: '2.0', id, ...answerOf(value, method) })
    } catch {
      // Such as one that is nested too deeply to be walked.
      return failure(id, UNREADABLE, 'it answered what cannot be read')
    }
  }

  /** The request that an answer with this id is for. A server that could not read an id answers with none. */
  #waiting(id: unknown): Id | null {
    if (id === undefined || id === null) {
      const [only] = this.#asked.keys()
      return this.#asked.size === 1 && only !== undefined ? only : null
    }
    if (typeof id !== 'string' && typeof id !== 'number') return null
    return [...this.#asked.keys()].find((asked) => String(asked) === String(id)) ?? null
  }
}

function answerOf(
  value: Record<string, unknown>,
  method: string | undefined,
): { result: unknown } | { error: unknown } {
  const { result, error } = value
  const isFailure = Boolean(error) && !(isObject(error) && Object.keys(error).length === 0)
  if (isFailure) return { error: errorOf(error) }
  if (!('result' in value)) throw new Error('neither a result nor an error')
  if (method === 'initialize') return { result: readInitialization(withoutNulls(result)) }
  if (method === 'tools/call') return { result: readResult(withoutNulls(result)) }
  const clean = withoutNulls(result)
  return { result: isObject(clean) ? withoutMeta(clean) : {} }
}

/** Of an error only its words are used: in whatever shape they come. */
function errorOf(error: unknown): { code: number; message: string } {
  const { code, message } = isObject(error) ? error : { code: undefined, message: error }
  return {
    code: typeof code === 'number' && Number.isSafeInteger(code) ? code : NO_CODE,
    message: typeof message === 'string' && message !== '' ? message : 'it gave no reason',
  }
}

function withoutMeta({ _meta: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest
}

function failure(id: Id, code: number, message: string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

/** Which request a text answers that is no JSON, as far as its beginning or its end says it. */
function idIn(text: string): string | null {
  const begin =
    /^\s{0,9}\{\s{0,9}"jsonrpc"\s{0,9}:\s{0,9}"2\.0"\s{0,9},\s{0,9}"id"\s{0,9}:\s{0,9}"?(\d{1,15})/
  const end =
    /"id"\s{0,9}:\s{0,9}"?(\d{1,15})"?(\s{0,9},\s{0,9}"jsonrpc"\s{0,9}:\s{0,9}"2\.0")?\s{0,9}\}\s{0,9}$/
  const found = begin.exec(text.slice(0, 200)) ?? end.exec(text.slice(-200))
  return found?.[1] ?? null
}
