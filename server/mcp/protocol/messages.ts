import {
  PROTOCOL_VERSION_META_KEY,
  ProtocolErrorCode,
  parseJSONRPCMessage,
} from '@modelcontextprotocol/client'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { besideEmpty } from './as-sent.ts'
import { readInitialization, readResult } from './lenient-results.ts'
import { isRecord } from '../../../shared/session/is-record.ts'
import { withoutNulls } from './nulls.ts'

/** Codes of errors that this side creates in place of an answer that is unreadable or never comes. */
export const UNREADABLE = -32_098
export const CUT_OFF = -32_097
/** The code for an error whose own code is invalid. */
const NO_CODE = -32_000

export type Id = string | number

/**
 * Turns the messages of one server into ones that the client library accepts. Servers send `null` for absent optional
 * fields, and other invalid messages; the library drops these, and the caller would wait until the timeout. Repairable
 * messages are repaired, and others become an error for the request that they answer.
 */
export class Messages {
  /** Pending requests. */
  readonly #asked = new Map<Id, Asked>()

  /** @returns the id when the message is a request, which expects an answer */
  sent(message: unknown): Id | null {
    if (!isRecord(message)) return null
    const { id, method, params } = message
    if (method === 'notifications/cancelled' && isRecord(params)) {
      this.forget(this.#waiting(params['requestId']))
    }
    if (typeof method !== 'string' || (typeof id !== 'number' && typeof id !== 'string')) {
      return null
    }
    this.#asked.set(id, { method, isModern: isRecord(params) && isModern(params) })
    return id
  }

  /** Drops a pending request without an error. */
  forget(id: Id | null): void {
    if (id !== null) this.#asked.delete(id)
  }

  /** Called when no more messages can come: returns an error for a request that is still pending. */
  cutOff(id: Id | null): JSONRPCMessage | null {
    if (id === null || !this.#asked.delete(id)) return null
    return failure(id, CUT_OFF, 'it ended its answer before it was complete')
  }

  /**
   * @param text one message, or an array of them
   * @param own the request that this must be the answer to if it names none
   * @throws when it is neither a message nor an answer to a pending request
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
    if (!isRecord(value) || value['jsonrpc'] !== '2.0') throw new Error('this is no message')
    if (typeof value['method'] === 'string') {
      const { id, method, params } = value
      return parseJSONRPCMessage({
        jsonrpc: '2.0',
        ...(id !== undefined && id !== null && { id }),
        method,
        ...(isRecord(params) && { params: withoutNulls(params) }),
      })
    }
    const id = this.#waiting(value['id'] ?? own)
    // An answer that is not expected (any more): the library reports it.
    if (id === null) return parseJSONRPCMessage(withoutNulls(value))
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    try {
      return parseJSONRPCMessage({ jsonrpc: '2.0', id, ...answerOf(value, asked) })
    } catch {
      // For example, a value that is nested too deeply to be walked.
      return failure(id, UNREADABLE, 'it answered what cannot be read')
    }
  }

  /**
   * The pending request that an answer with this id belongs to. A server that could not read the request's id answers
   * without one.
   */
  #waiting(id: unknown): Id | null {
    if (id === undefined || id === null) {
      const [only] = this.#asked.keys()
      return this.#asked.size === 1 && only !== undefined ? only : null
    }
    if (typeof id !== 'string' && typeof id !== 'number') return null
    return [...this.#asked.keys()].find((asked) => String(asked) === String(id)) ?? null
  }
}

type Asked = { method: string; isModern: boolean }

/** Each request of the revision 2026-07-28 names its revision. */
function isModern({ _meta: meta }: Record<string, unknown>): boolean {
  return isRecord(meta) && PROTOCOL_VERSION_META_KEY in meta
}

function answerOf(
  value: Record<string, unknown>,
  { method, isModern }: Asked = { method: '', isModern: false },
): { result: unknown } | { error: unknown } {
  const { result, error } = value
  const isFailure = Boolean(error) && !(isRecord(error) && Object.keys(error).length === 0)
  if (isFailure) return { error: errorOf(error) }
  if (!('result' in value)) throw new Error('neither a result nor an error')
  if (method === 'initialize') return { result: readInitialization(withoutNulls(result)) }
  const clean = withoutNulls(result)
  const read =
    method === 'tools/call' || method === 'tasks/result'
      ? readResult(clean)
      : isRecord(clean)
        ? withoutMeta(clean)
        : {}
  return { result: isModern ? besideEmpty(method, read) : read }
}

/** Reads an error in any shape: its message, and the data of two kinds of errors. */
function errorOf(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, message, data } = isRecord(error)
    ? error
    : { code: undefined, message: error, data: undefined }
  return {
    ...(isWithData(code) && { data: withoutNulls(data) }),
    code: typeof code === 'number' && Number.isSafeInteger(code) ? code : NO_CODE,
    message: typeof message === 'string' && message !== '' ? message : 'it gave no reason',
  }
}

/** The pages that a person is to go to, and the protocol versions that the server knows. */
function isWithData(code: unknown): boolean {
  return (
    code === ProtocolErrorCode.UrlElicitationRequired ||
    code === ProtocolErrorCode.UnsupportedProtocolVersion
  )
}

function withoutMeta({ _meta: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest
}

function failure(id: Id, code: number, message: string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code, message } }
}

/** Extracts the id of the answered request from a text that is not valid JSON, if its beginning or end contains it. */
function idIn(text: string): string | null {
  const begin =
    /^\s{0,9}\{\s{0,9}"jsonrpc"\s{0,9}:\s{0,9}"2\.0"\s{0,9},\s{0,9}"id"\s{0,9}:\s{0,9}"?(\d{1,15})/
  const end =
    /"id"\s{0,9}:\s{0,9}"?(\d{1,15})"?(\s{0,9},\s{0,9}"jsonrpc"\s{0,9}:\s{0,9}"2\.0")?\s{0,9}\}\s{0,9}$/
  const found = begin.exec(text.slice(0, 200)) ?? end.exec(text.slice(-200))
  return found?.[1] ?? null
}
