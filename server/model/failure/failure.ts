import { APIConnectionError, APIError } from 'openai'
import { readFault } from './provider-fault.ts'
import type { ProviderFault } from './provider-fault.ts'

/** The reason why a step failed, before it becomes a message for people. */
export type Failure =
  | { type: 'unreachable'; reason: string }
  | { type: 'fault'; fault: ProviderFault; retryAfterMs: number | null }
  | { type: 'unreadable'; what: 'web page' | 'other' }
  | { type: 'first-token-timeout'; seconds: number }
  | { type: 'idle-timeout'; seconds: number }
  | { type: 'cut' }
  | { type: 'empty' }
  /** The limit of tokens was used up by reasoning, or by a call that was cut. */
  | { type: 'spent'; tokens: number }
  | { type: 'internal'; cause: unknown }

/** Reads an error that the `openai` client threw before there was a stream. */
export function failureOf(thrown: unknown, now: number): Failure {
  if (thrown instanceof APIConnectionError) {
    return { type: 'unreachable', reason: connectionReason(thrown) }
  }
  if (thrown instanceof APIError && typeof thrown.status === 'number') {
    // If the body is not JSON, the client puts its text into the message, behind the status.
    const body = thrown.error ?? thrown.message.replace(/^\d{3} (status code \(no body\))?/, '')
    const fault = readFault(body, thrown.status)
    return { type: 'fault', fault, retryAfterMs: retryAfter(thrown.headers, now) }
  }
  return { type: 'internal', cause: thrown }
}

/** The wait that the provider asks for, in milliseconds: `retry-after-ms`, or `Retry-After` in seconds or as a date. */
function retryAfter(headers: Headers | undefined, now: number): number | null {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '')
  if (milliseconds >= 0) return milliseconds
  const value = headers?.get('retry-after') ?? ''
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : Number.NaN
  if (seconds >= 0) return seconds * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

function connectionReason(error: Error): string {
  const code = causeCode(error)
  return CONNECTION_REASONS[code] ?? (code || 'no connection')
}

/** The code of the innermost cause that has one, from Node or undici. */
function causeCode(error: unknown): string {
  const seen = new Set<unknown>()
  let cause = error
  let code = ''
  while (cause instanceof Error && !seen.has(cause)) {
    seen.add(cause)
    if ('code' in cause && typeof cause.code === 'string') code = cause.code
    cause = cause.cause
  }
  return code
}

const CONNECTION_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be looked up',
  ECONNRESET: 'the connection was dropped',
  UND_ERR_SOCKET: 'the connection was dropped',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
}
