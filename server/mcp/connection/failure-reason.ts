import { SdkHttpError } from '@modelcontextprotocol/client'
import { MessageTooLongError } from '../transport/receive-limit.ts'

/**
 * Explains why a server cannot be used, for the model and the user, without its address, command or other
 * configuration.
 */
export function failureReason(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof MessageTooLongError) return cause.message
    if (cause instanceof SdkHttpError) {
      const asks = cause.status === 401 || cause.status === 403
      return asks
        ? `it asks for other credentials (HTTP status ${cause.status})`
        : `it answered with HTTP status ${cause.status}`
    }
    const code = 'code' in cause ? String(cause.code) : ''
    if (/^E[A-Z_]+$/.test(code)) return `it cannot be reached (${code})`
    if (code === 'REQUEST_TIMEOUT') return 'it does not answer'
    if (code === 'CONNECTION_CLOSED') return 'it ended'
  }
  return 'it does not speak MCP as expected'
}
