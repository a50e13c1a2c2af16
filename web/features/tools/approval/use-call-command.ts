import { TRPCClientError } from '@trpc/client'
import { useState } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { t } from '../../../language/t.ts'

/**
 * Sends the user's decision about a call, once for each state of it. The card changes with the log's event, so that all
 * tabs show the same; a conflict with another tab's decision is not an error. The command is not repeated after a lost
 * connection, because the call may then wait for a different decision.
 */
export function useCallCommand(call: AppToolCall) {
  const [sent, setSent] = useState<AppToolCall | null>(null)
  const [failure, setFailure] = useState<{ call: AppToolCall; text: string } | null>(null)

  function send(command: () => Promise<unknown>): void {
    if (sent === call) return
    setSent(call)
    setFailure(null)
    command().catch((error: unknown) => {
      const text = problemOf(error)
      if (text === null) return
      setSent(null)
      setFailure({ call, text })
    })
  }

  return { isSent: sent === call, problem: failure?.call === call ? failure.text : null, send }
}

/** The error message when the server refuses a decision; null when there already was one. */
export function problemOf(error: unknown): string | null {
  const data: unknown = error instanceof TRPCClientError ? error.data : null
  if (typeof data !== 'object' || data === null || !('code' in data)) {
    return t('The connection was lost before the server answered. Please try again.')
  }
  if (data.code === 'CONFLICT') return null
  return error instanceof Error ? error.message : t('The server refused.')
}
