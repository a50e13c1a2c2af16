import { GitFork } from 'lucide-react'
import { use, useState } from 'react'
import { useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { reason } from '../composer/send-message.ts'
import { forkFrom } from './fork.ts'
import { OpenSessionContext } from './opens-session.ts'
import { t } from '../../../language/t.ts'

/** The way to go on from a message in a session of its own. */
export function ForkButton({ messageId }: { messageId: string }) {
  const client = useThroughline()
  const openSession = use(OpenSessionContext)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  if (!openSession) return null

  async function fork(open: (id: string) => void): Promise<void> {
    setBusy(true)
    setProblem(null)
    try {
      await forkFrom(client, messageId, open)
    } catch (error) {
      setProblem(t('Not forked: {reason}', { reason: reason(error) }))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <IconButton
        label={t('Fork from here')}
        aria-disabled={isBusy}
        onClick={() => !isBusy && void fork(openSession)}
      >
        <GitFork aria-hidden size={14} />
      </IconButton>
      {problem && <span role="status">{problem}</span>}
    </>
  )
}
