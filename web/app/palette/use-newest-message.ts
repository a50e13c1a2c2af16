import { useCallback, useSyncExternalStore } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'

/** The id of the newest message of a session that was sent or answered, once it is loaded. */
export function useNewestMessage(sessionId: string | undefined): string | undefined {
  const client = useThroughline()
  const subscribe = useCallback(
    (listener: () => void) =>
      sessionId === undefined
        ? () => undefined
        : client.session(sessionId).store.subscribe(listener),
    [client, sessionId],
  )
  return useSyncExternalStore(subscribe, () => {
    if (sessionId === undefined) return undefined
    const { state } = client.session(sessionId).store.getSnapshot()
    return state?.messages.findLast(({ status }) => status !== 'queued')?.id
  })
}
