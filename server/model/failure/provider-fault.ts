import { isObject, numberOf, objectOf, parseJson, stringOf } from '../json.ts'

/** A provider's error, from an error response or from the middle of a stream. */
export type ProviderFault = {
  status: number | null
  /** True when the error came in the middle of a stream, after a successful response. */
  inStream: boolean
  code: string
  type: string
  param: string
  message: string
}

/**
 * Reads the error objects of OpenAI and of those that copy it roughly: `{ error: { … } }`, the bare object, or a text.
 *
 * @param status the HTTP status of an error response; null for an error in a stream
 */
export function readFault(body: unknown, status: number | null = null): ProviderFault {
  const wrapped = objectOf(body).error ?? body
  const inStream = status === null
  if (!isObject(wrapped)) {
    return { status, inStream, code: '', type: '', param: '', message: stringOf(wrapped) }
  }
  const metadata = objectOf(wrapped.metadata)
  const code = wrapped.code
  return {
    status: status ?? numberOf(wrapped.status_code) ?? numberOf(code) ?? null,
    inStream,
    code: typeof code === 'string' ? code : '',
    type: stringOf(wrapped.type),
    param: stringOf(wrapped.param),
    message: upstreamMessage(metadata.raw) || messageOf(wrapped),
  }
}

/** OpenRouter's message is "Provider returned error"; the provider's own is in `metadata.raw`. */
function upstreamMessage(raw: unknown): string {
  const text = stringOf(raw)
  const parsed = parseJson(text)
  return isObject(parsed) ? messageOf(objectOf(parsed.error ?? parsed)) : text
}

function messageOf(error: Record<string, unknown>): string {
  const message = error.message ?? error.detail
  return typeof message === 'string'
    ? message
    : message === undefined
      ? ''
      : JSON.stringify(message)
}

/** True when the conversation is too long for the model. */
export function isContextTooLong(fault: ProviderFault): boolean {
  return (
    fault.code === 'context_length_exceeded' ||
    fault.status === 413 ||
    /context[ _](length|window|size)|maximum context|prompt is too long|too many tokens|input.{0,20}too long/i.test(
      fault.message,
    )
  )
}

/** The model's context window in tokens, if the error's text states it. */
export function contextWindowIn(fault: ProviderFault): number | null {
  if (!isContextTooLong(fault)) return null
  const found = WINDOW_WORDS.map((words) => words.exec(fault.message)?.[1]).find(Boolean)
  const tokens = Number(found?.replaceAll(',', ''))
  return tokens >= MIN_WINDOW ? tokens : null
}

const WINDOW_WORDS = [
  /maximum context (?:length|window|size) (?:is|of) ([\d,]+)/i,
  /available context size \(([\d,]+)/i,
  />\s*([\d,]+) maximum/i,
  /maximum number of tokens allowed \(([\d,]+)/i,
  /context (?:length|window|size|limit)\D{0,20}([\d,]+)/i,
]
const MIN_WINDOW = 256

/** True when the endpoint has no such model. */
export function isUnknownModel(fault: ProviderFault): boolean {
  return (
    fault.code === 'model_not_found' ||
    /\bmodel\b.{0,200}\b(does not exist|not found|not exist)|not a valid model|(unknown|invalid|no such) model\b/i.test(
      fault.message,
    )
  )
}

/** True when the account has no credit left, so that waiting does not help. */
export function isQuotaGone(fault: ProviderFault): boolean {
  return fault.code === 'insufficient_quota' || fault.type === 'insufficient_quota'
}

/** True when the same request may succeed a moment later (contract, section 6). */
export function isPassing(fault: ProviderFault): boolean {
  if (isQuotaGone(fault)) return false
  const { status } = fault
  // The Responses API begins with 200, and names in an event what would have been a status.
  if (status === null) return PASSING_NAMES.test(fault.code) || PASSING_NAMES.test(fault.type)
  return status === 408 || status === 409 || status === 429 || status >= 500
}

const PASSING_NAMES = /^(server_error|rate_limit_exceeded|rate_limit_error|overloaded_error)$/
