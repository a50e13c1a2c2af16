import { Square, Volume2 } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useThroughline } from '../../../../shared/react/index.ts'
import { useHealth } from '../../../health.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { readAloud, readings } from './reading.ts'
import { t } from '../../../language/t.ts'

/** Reads an answer aloud; also one that is still written. */
export function ReadAloud({ message }: { message: AppMessage }) {
  const client = useThroughline()
  const hasService = useHealth()?.speech ?? false
  const { reading, problem } = useSyncExternalStore(readings.subscribe, readings.get)
  if (!message.parts.some((part) => part.type === 'text' && part.text !== '')) return null
  if (!hasService && !('speechSynthesis' in window)) return null
  const isRead = reading?.messageId === message.id
  return (
    <>
      <IconButton
        label={isRead ? t('Stop reading') : t('Read aloud')}
        className={isRead ? 'text-accent' : ''}
        onClick={() => (isRead ? readings.stop() : void readAloud(client, message, hasService))}
      >
        {isRead ? (
          <Square aria-hidden size={13} fill="currentColor" />
        ) : (
          <Volume2 aria-hidden size={15} />
        )}
      </IconButton>
      {problem?.messageId === message.id && (
        // After the other buttons, which stay where they are.
        <span role="status" className="order-last">
          {problem.text}
        </span>
      )}
    </>
  )
}
