import { useEffect } from 'react'
import { trpc } from '../../client.ts'

/** The delay after the server refused the subscription, for example because of a database outage. */
const FOLLOW_AGAIN_MS = 5_000

/** Keeps the list of tools up to date, since tools of MCP servers come and go. */
export function useToolsChanges(): void {
  const utils = trpc.useUtils()
  const { status, reset } = trpc.tools.changes.useSubscription(undefined, {
    // Changes before the subscription started are not reported.
    onStarted: () => void utils.tools.list.invalidate(),
    onData: () => void utils.tools.list.invalidate(),
  })
  useEffect(() => {
    if (status !== 'error') return
    const timer = setTimeout(reset, FOLLOW_AGAIN_MS)
    return () => clearTimeout(timer)
  }, [status, reset])
}
