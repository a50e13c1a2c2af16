import { useState } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { newId } from '../../../shared/contract/new-id.ts'
import { useSession, useThroughline } from '../../../shared/react/index.ts'
import { reason } from './composer/send-message.ts'

/** The other versions of a message: selecting one, and creating another. */
export function useVersions({ id, sessionId }: Pick<AppMessage, 'id' | 'sessionId'>) {
  const { api } = useThroughline()
  const isAnswering = useSession(sessionId, ({ state }) => state?.session.running ?? false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  async function attempt(command: () => Promise<unknown>, problemWords: string): Promise<void> {
    setBusy(true)
    setProblem(null)
    try {
      await command()
    } catch (error) {
      setProblem(`${problemWords}: ${reason(error)}`)
    } finally {
      setBusy(false)
    }
  }

  return {
    /** Creating a version would stop a running answer; selecting one does not. */
    isAnswering,
    isBusy,
    problem,
    select: (version: string) =>
      void attempt(() => api.messages.select.mutate({ id: version }), 'Not shown'),
    proceed: () => void attempt(() => api.messages.continue.mutate({ id }), 'Not continued'),
    regenerate: (model?: string) =>
      void attempt(
        () => api.messages.regenerate.mutate({ id, newId: newId(), model }),
        'Not regenerated',
      ),
  }
}
