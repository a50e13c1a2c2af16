import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'
import { CallLostError } from '../../tools/tool.ts'
import { failureReason } from '../connection/failure-reason.ts'
import { SignedOutError } from '../oauth/logins.ts'
import { CUT_OFF, UNREADABLE } from '../protocol/messages.ts'

export const FORGOTTEN = 'it has forgotten the session'

/** The server did not begin the call, because it does not know the session any more. */
export class ForgottenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ForgottenError'
  }
}

/** The task of a call could not be read, and may go on at its server: it can be found over another connection. */
export class TaskUnseenError extends CallLostError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TaskUnseenError'
  }
}

type Where = {
  server: string
  /** The reason why the connection ended, if it did. */
  reason: string | null
  /** True where the answer means that the server does not know the session. */
  isForgotten: boolean
  /** True when the call is a task that its server has accepted: only reading its state failed. */
  hasBegun: boolean
}

/**
 * Converts the failure of a call. The call has failed only where it certainly had no effect, or where its server says
 * so; otherwise its outcome is unknown.
 */
export function callError(error: unknown, { server, reason, isForgotten, hasBegun }: Where): Error {
  // It had no token to be made with, or none that is taken: it did not begin.
  if (error instanceof SignedOutError || error instanceof CallLostError) return error
  const named = `The MCP server "${server}"`
  if (error instanceof ProtocolError && isCut(error)) {
    // The server answered, so the call had begun; its outcome is unknown.
    return new CallLostError(`${named} took the call, but ${error.message}.`, { cause: error })
  }
  if (error instanceof ProtocolError) {
    return new Error(`${named} refused the call: ${error.message}`)
  }
  if (isForgotten && !hasBegun) {
    return new ForgottenError(`${named} did not take the call: ${FORGOTTEN}.`, { cause: error })
  }
  const own = failureReason(error)
  if (hasBegun) {
    const message = `${named} cannot be asked for the task of this call: ${reason ?? own}.`
    return new TaskUnseenError(message, { cause: error })
  }
  // The error concerns this call and not the connection: a refused call had no effect.
  const refusal = error instanceof SdkHttpError ? error.status : undefined
  if ((refusal !== undefined && refusal < 500) || own.endsWith('(ECONNREFUSED)')) {
    return new Error(`${named} did not take the call: ${own}.`, { cause: error })
  }
  return new CallLostError(`${named} was lost during the call: ${reason ?? own}.`, { cause: error })
}

/** True when the response could not be read, so that the error does not come from the server. */
export function isCut({ code }: ProtocolError): boolean {
  return code === UNREADABLE || code === CUT_OFF
}
