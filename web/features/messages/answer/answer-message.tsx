import { RefreshCw } from 'lucide-react'
import { use } from 'react'
import type { ComponentType, ReactNode } from 'react'
import type { AppMessage, AppToolCall } from '../../../../shared/client/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { AssistantMessage } from './assistant-message.tsx'
import { focusMessageBox } from '../composer/message-box.ts'
import { hasRetry } from './ending.tsx'
import { ForkButton } from './fork-button.tsx'
import { RateAnswer } from './rate-answer.tsx'
import { RegenerateWithContext } from './regenerate-with.ts'
import { ReadAloud } from '../voice/read-aloud.tsx'
import { useVersions } from '../use-versions.ts'
import { Versions } from '../versions.tsx'
import { t } from '../../../language/t.ts'

/** A logged answer with its actions. */
export function AnswerMessage(props: {
  message: AppMessage
  ToolView: ComponentType<{ call: AppToolCall }>
  isNewest: boolean
  /** The messages that joined the answer while it was written. */
  joined: readonly { id: string; part: number; view: ReactNode }[]
}) {
  const { message } = props
  const { isAnswering, isBusy, problem, proceed, regenerate } = useVersions(message)

  const regenerateWith = use(RegenerateWithContext)
  const onRetry = props.isNewest && message.parentId !== null ? () => again() : null
  const isRetried = onRetry !== null && hasRetry(message)

  function again(model?: string): void {
    regenerate(model)
    // The focus moves on, because the button disappears.
    focusMessageBox()
  }

  return (
    <AssistantMessage
      message={message}
      ToolView={props.ToolView}
      joined={props.joined}
      onContinue={
        props.isNewest && !isBusy && !isAnswering
          ? () => {
              proceed()
              focusMessageBox()
            }
          : null
      }
      onRetry={onRetry}
      isRetryOff={isBusy || isAnswering}
      versions={<Versions message={message} />}
      voice={<ReadAloud message={message} />}
      actions={
        message.parentId !== null && (
          <>
            {/* Retry does the same, and both are off while another answer is running, which would be stopped. */}
            {!isRetried && (
              <IconButton
                label={t('Regenerate')}
                disabled={isBusy || isAnswering}
                onClick={() => again()}
              >
                <RefreshCw aria-hidden size={14} />
              </IconButton>
            )}
            {regenerateWith?.({
              model: message.model,
              disabled: isBusy || isAnswering,
              isAlone: isRetried,
              onChoose: again,
            })}
            <RateAnswer message={message} />
            <ForkButton messageId={message.id} />
            {problem && <span role="status">{problem}</span>}
          </>
        )
      }
    />
  )
}
