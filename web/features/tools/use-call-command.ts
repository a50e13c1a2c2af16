import { TRPCClientError } from '@trpc/client'
import { useState } from 'react'
import type { AppToolCall } from '../../../shared/client/index.ts'

/**
 * Sends what a person says about a call, once for each state of it. The card changes when the log tells of it, so that
 * all tabs show the same; that another tab was quicker is no failure. Nothing is repeated through a dropped
 * connection: by then the call may wait for another answer than the one that was given here.
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

/** What a person is told when the server refuses an answer; null when it had one already. */
export function problemOf(error: unknown): string | null {
  const data: unknown = error instanceof TRPCClientError ? error.data : null
  if (typeof data !== 'object' || data === null || !('code' in data)) {
    return 'The connection was lost before the server answered. Please try again.'
  }
  if (data.code === 'CONFLICT') return null
  return error instanceof Error ? error.message : 'The server refused.'
}
