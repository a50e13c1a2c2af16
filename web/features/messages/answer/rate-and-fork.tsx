import { GitFork, ThumbsDown, ThumbsUp } from 'lucide-react'
import { use, useState } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { newId } from '../../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/icon-button.tsx'
import { reason } from '../composer/send-message.ts'
import { useChangeOlder } from '../conversation/use-older-messages.ts'
import { OpenSessionContext } from './opens-session.ts'
import { msg, t } from '../../../language/t.ts'

const NOT_RATED = msg('Not rated: {reason}')
const NOT_FORKED = msg('Not forked: {reason}')
type NotDone = typeof NOT_RATED | typeof NOT_FORKED

/** What a person may say of an answer, and the way to go on from it in a session of its own. */
export function RateAndFork({ message: { id, sessionId, rating } }: { message: AppMessage }) {
  const { api } = useThroughline()
  const changeOlder = useChangeOlder(sessionId)
  const openSession = use(OpenSessionContext)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)

  function attempt(command: Promise<unknown>, otherwise: NotDone): void {
    setBusy(true)
    setProblem(null)
    command
      .catch((error: unknown) => setProblem(t(otherwise, { reason: reason(error) })))
      .finally(() => setBusy(false))
  }

  function rate(chosen: 'up' | 'down'): void {
    const given = chosen === rating ? null : chosen
    const rated = api.messages.rate.mutate({ id, rating: given })
    attempt(
      rated.then(() => changeOlder(id, { rating: given ?? undefined })),
      NOT_RATED,
    )
  }

  function fork(open: (id: string) => void): void {
    const forked = api.sessions.fork.mutate({ messageId: id, id: newId() })
    attempt(
      forked.then((session) => open(session.id)),
      NOT_FORKED,
    )
  }

  return (
    <>
      <IconButton
        label={t('Good answer')}
        aria-pressed={rating === 'up'}
        onClick={() => rate('up')}
        className="aria-pressed:text-accent"
      >
        <ThumbsUp aria-hidden size={14} />
      </IconButton>
      <IconButton
        label={t('Bad answer')}
        aria-pressed={rating === 'down'}
        onClick={() => rate('down')}
        className="aria-pressed:text-accent"
      >
        <ThumbsDown aria-hidden size={14} />
      </IconButton>
      {openSession && (
        <IconButton label={t('Fork from here')} disabled={isBusy} onClick={() => fork(openSession)}>
          <GitFork aria-hidden size={14} />
        </IconButton>
      )}
      {problem && <span role="status">{problem}</span>}
    </>
  )
}
