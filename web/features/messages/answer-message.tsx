import { RefreshCw } from 'lucide-react'
import { use } from 'react'
import type { ComponentType } from 'react'
import type { AppMessage, AppToolCall } from '../../../shared/client/index.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { AssistantMessage } from './assistant-message.tsx'
import { focusMessageBox } from './message-box.ts'
import { RegenerateWithContext } from './regenerate-with.ts'
import { useVersions } from './use-versions.ts'
import { Versions } from './versions.tsx'

/** An answer as the log has it, with what can be done about it. */
export function AnswerMessage(props: {
  message: AppMessage
  ToolView: ComponentType<{ call: AppToolCall }>
  isNewest: boolean
}) {
  const { message } = props
  const { isAnswering, isBusy, problem, regenerate } = useVersions(message)

  const regenerateWith = use(RegenerateWithContext)

  function again(model?: string): void {
    regenerate(model)
    // The button is gone in a moment.
    focusMessageBox()
  }

  return (
    <AssistantMessage
      message={message}
      ToolView={props.ToolView}
      onRetry={props.isNewest && message.parentId !== null ? () => again() : null}
      versions={<Versions message={message} />}
      actions={
        message.parentId !== null && (
          <>
            {/* While another answer is written, it would be stopped for this one. */}
            <IconButton label="Regenerate" disabled={isBusy || isAnswering} onClick={() => again()}>
              <RefreshCw aria-hidden size={14} />
            </IconButton>
            {regenerateWith?.({
              model: message.model,
              disabled: isBusy || isAnswering,
              onChoose: again,
            })}
            {problem && <span role="status">{problem}</span>}
          </>
        )
      }
    />
  )
}
