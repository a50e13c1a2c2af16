import { useRef, useState } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { newId } from '../../../shared/contract/new-id.ts'
import { useSession, useThroughline } from '../../../shared/react/index.ts'
import { reason } from './composer/send-message.ts'
import { msg, t } from '../../language/t.ts'

const NOT_SHOWN = msg('Not shown: {reason}')
const NOT_CONTINUED = msg('Not continued: {reason}')
const NOT_REGENERATED = msg('Not regenerated: {reason}')
type NotDone = typeof NOT_SHOWN | typeof NOT_CONTINUED | typeof NOT_REGENERATED

/** The other versions of a message: selecting one, and creating another. */
export function useVersions({ id, sessionId }: Pick<AppMessage, 'id' | 'sessionId'>) {
  const { api } = useThroughline()
  const isAnswering = useSession(sessionId, ({ state }) => state?.session.running ?? false)
  const [isBusy, setBusy] = useState(false)
  const isUnderWay = useRef(false)
  const [problem, setProblem] = useState<string | null>(null)

  async function attempt(command: () => Promise<unknown>, otherwise: NotDone): Promise<boolean> {
    // Pressed twice before it is drawn that it is busy.
    if (isUnderWay.current) return false
    isUnderWay.current = true
    setBusy(true)
    setProblem(null)
    try {
      await command()
      return true
    } catch (error) {
      setProblem(t(otherwise, { reason: reason(error) }))
      return false
    } finally {
      isUnderWay.current = false
      setBusy(false)
    }
  }

  return {
    /** Creating a version would stop a running answer; selecting one does not. */
    isAnswering,
    isBusy,
    problem,
    /** @returns whether it was done */
    select: (version: string) =>
      attempt(() => api.messages.select.mutate({ id: version }), NOT_SHOWN),
    proceed: () => void attempt(() => api.messages.continue.mutate({ id }), NOT_CONTINUED),
    regenerate: (model?: string) =>
      void attempt(
        () => api.messages.regenerate.mutate({ id, newId: newId(), model }),
        NOT_REGENERATED,
      ),
  }
}
