import { GitFork } from 'lucide-react'
import { use, useState } from 'react'
import { newId } from '../../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { reason } from '../composer/send-message.ts'
import { OpenSessionContext } from './opens-session.ts'
import { tell } from '../../../ui/notices/notice.ts'
import { t } from '../../../language/t.ts'

/** The way to go on from a message in a session of its own. */
export function ForkButton({ messageId }: { messageId: string }) {
  const { api } = useThroughline()
  const openSession = use(OpenSessionContext)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  if (!openSession) return null

  async function fork(open: (id: string) => void): Promise<void> {
    setBusy(true)
    setProblem(null)
    try {
      const { id } = await api.sessions.fork.mutate({ messageId, id: newId() })
      open(id)
      tell({ text: t('This is the fork: a session of its own, up to here.') })
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
