import type { RunError, RunErrorCode } from '../../../shared/contract/errors.ts'
import type { Endpoint } from '../adapter.ts'
import type { Failure } from './failure.ts'
import { isContextTooLong, isPassing, isQuotaGone, isUnknownModel } from './provider-fault.ts'
import type { ProviderFault } from './provider-fault.ts'

/** A request to the model failed. `error` is the message for people. */
export class ModelPortError extends Error {
  override name = 'ModelPortError'
  readonly error: RunError
  constructor(error: RunError, cause?: unknown) {
    super(error.message, { cause })
    this.error = error
  }
}

/** The request that failed: `model` is absent when no model was asked. */
type Asked = { hasKey: boolean; model?: string }

/**
 * The message for people: what happened and what to do about it. It never contains keys or text of the conversation.
 */
export function toRunError(failure: Failure, endpoint: Endpoint, asked: Asked): RunError {
  const { host } = endpoint
  switch (failure.type) {
    case 'unreachable':
      return runError(
        'provider_unreachable',
        `The model server at ${host} cannot be reached (${failure.reason}). ` +
          (endpoint.kind === 'openai'
            ? 'Check the internet connection.'
            : 'Check that it is running and that OPENAI_BASE_URL is right.'),
        true,
      )
    case 'first-token-timeout':
      return runError(
        'provider_timeout',
        `The model at ${host} sent no first word within ${failure.seconds} s (LLM_TIMEOUT).`,
        true,
      )
    case 'idle-timeout':
      return runError(
        'provider_stalled',
        `The model at ${host} fell silent in the middle of its answer for ${failure.seconds} s (LLM_IDLE_TIMEOUT).`,
        true,
      )
    case 'cut':
      return runError(
        'provider_cut',
        `The connection to ${host} ended before the answer did.`,
        true,
      )
    case 'empty':
      return runError('provider_empty', `The model at ${host} answered with nothing.`, true)
    case 'spent':
      return runError(
        'provider_empty',
        `The model at ${host} used up its ${failure.tokens} tokens (LLM_MAX_TOKENS) before it said anything.`,
        true,
      )
    case 'unreadable':
      return runError(
        'provider_error',
        failure.what === 'web page'
          ? `${host} answered with a web page where an answer of a model was expected. Check OPENAI_BASE_URL.`
          : `${host} answered with something that is no answer of a model. Check OPENAI_BASE_URL and OPENAI_API.`,
        failure.what !== 'web page',
      )
    case 'internal':
      return runError('internal', 'Something went wrong while the model was asked.', true)
    case 'fault':
      return faultError(failure.fault, failure.retryAfterMs, endpoint, asked)
  }
}

function faultError(
  fault: ProviderFault,
  retryAfterMs: number | null,
  { host }: Endpoint,
  { hasKey, model }: Asked,
): RunError {
  const { status, inStream, code, type } = fault
  const said = quote(fault.message)
  if (
    status === 401 ||
    status === 403 ||
    /invalid_api_key|authentication|permission/.test(`${code} ${type}`)
  ) {
    return runError(
      'provider_auth',
      status === 403
        ? // A country, a project, a model: only the provider knows what is not allowed.
          `${host} does not allow this${hasKey ? ' with the API key in OPENAI_API_KEY' : ''} (403).${said}`
        : hasKey
          ? `${host} does not accept the API key: check OPENAI_API_KEY.`
          : `${host} asks for an API key: set OPENAI_API_KEY.`,
      false,
    )
  }
  if (isQuotaGone(fault)) {
    return runError(
      'provider_rate_limit',
      `The quota of the account at ${host} is used up: check its plan and billing.`,
      false,
    )
  }
  if (status === 429 || /rate_?limit/.test(`${code} ${type}`)) {
    const wait = retryAfterMs === null ? 'in a moment' : `in ${duration(retryAfterMs)}`
    return runError(
      'provider_rate_limit',
      `${host} is limiting requests: try again ${wait}.${said}`,
      true,
    )
  }
  if ((status === null || status < 500) && isContextTooLong(fault)) {
    return runError(
      'context_too_long',
      `The conversation is longer than the model can read.${said}`,
      false,
    )
  }
  if (model !== undefined && (status === null || status < 500) && isUnknownModel(fault)) {
    return runError(
      'bad_request',
      `${host} has no model named "${model.slice(0, 100)}": choose another (LLM_MODEL is the default).${said}`,
      false,
    )
  }
  if (status === 404 && !inStream) {
    return runError(
      'bad_request',
      `${host} knows no such model or address: check LLM_MODEL and OPENAI_BASE_URL.${said}`,
      false,
    )
  }
  if ((status === 400 || status === 422) && !inStream) {
    return runError('bad_request', `${host} refused the request (${status}).${said}`, false)
  }
  if (retryAfterMs !== null && isPassing(fault)) {
    return runError(
      'provider_error',
      `${host} is not available (${status}): try again in ${duration(retryAfterMs)}.${said}`,
      true,
    )
  }
  return runError(
    'provider_error',
    `${host} reported an error${status === null ? '' : ` (${status})`}.${said}`,
    inStream || isPassing(fault),
  )
}

/** The provider's own message, shortened, without markup and without anything that looks like a key. */
function quote(message: string): string {
  if (!message || /<\/?[a-z!][^>]*>/i.test(message)) return ''
  const clean = message
    .replace(/\b(sk|key|gsk|xai|Bearer)[-_ ][\w*.-]{6,}/gi, '…')
    .replace(/\s+/g, ' ')
    .trim()
  return ` It says: ${clean.length > 300 ? `${clean.slice(0, 299)}…` : clean}`
}

function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`
}

function runError(code: RunErrorCode, message: string, retryable: boolean): RunError {
  return { code, message, retryable }
}
