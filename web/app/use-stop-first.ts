import { useCallback, useRef } from 'react'
import { useThroughline } from '../../shared/react/index.ts'
import { stopSent } from '../features/messages/composer/stop-answer.ts'
import { useEscape } from './use-escape.ts'

/**
 * Escape right after a first message was sent, before the page of its session is there to take the key.
 * @returns called with the session that the message begins
 */
export function useStopFirst(): (sessionId: string) => void {
  const client = useThroughline()
  const begun = useRef<string | null>(null)
  const stop = useCallback(() => {
    const first = client.outbox.getSnapshot().find(({ sessionId }) => sessionId === begun.current)
    // What it could not do is told in the session's box.
    if (first) stopSent(client, first.sessionId, first.id).catch(() => undefined)
  }, [client])
  useEscape(stop)
  return useCallback((sessionId: string) => {
    begun.current = sessionId
  }, [])
}
