import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { useState } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { reason } from '../composer/send-message.ts'
import { useChangeOlder } from '../conversation/use-older-messages.ts'
import { t } from '../../../language/t.ts'

/** The buttons by which a person rates an answer. */
export function RateAnswer({ message: { id, sessionId, rating } }: { message: AppMessage }) {
  const { api } = useThroughline()
  const changeOlder = useChangeOlder(sessionId)
  const [problem, setProblem] = useState<string | null>(null)

  async function rate(chosen: 'up' | 'down'): Promise<void> {
    const given = chosen === rating ? null : chosen
    setProblem(null)
    try {
      await api.messages.rate.mutate({ id, rating: given })
      changeOlder(id, { rating: given ?? undefined })
    } catch (error) {
      setProblem(t('Not rated: {reason}', { reason: reason(error) }))
    }
  }

  return (
    <>
      <IconButton
        label={t('Good answer')}
        aria-pressed={rating === 'up'}
        onClick={() => void rate('up')}
        className="aria-pressed:text-accent"
      >
        <ThumbsUp aria-hidden size={14} />
      </IconButton>
      <IconButton
        label={t('Bad answer')}
        aria-pressed={rating === 'down'}
        onClick={() => void rate('down')}
        className="aria-pressed:text-accent"
      >
        <ThumbsDown aria-hidden size={14} />
      </IconButton>
      {problem && <span role="status">{problem}</span>}
    </>
  )
}
