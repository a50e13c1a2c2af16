import { Pencil, Trash2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import type { AppMessage } from '../../../shared/client/index.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { focusMessageBox } from './message-box.ts'
import { MessageEditor } from './message-editor.tsx'
import { messageText } from './steps.ts'
import { useQueuedMessage } from './use-queued-message.ts'
import { UserMessage } from './user-message.tsx'

/** A message of the person as the log has it. While it waits for its turn it can be changed and taken back. */
export function PersonMessage(props: { message: AppMessage; beginsLine: boolean }) {
  const text = messageText(props.message.parts)
  const queued = useQueuedMessage(props.message, text)
  const { isEditing, isQueued } = queued

  const editButton = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(isEditing)
  useEffect(() => {
    const ended = wasEditing.current && !isEditing
    wasEditing.current = isEditing
    if (!ended || document.activeElement !== document.body) return
    if (editButton.current) editButton.current.focus({ preventScroll: true })
    else focusMessageBox()
  }, [isEditing])

  return (
    <UserMessage
      text={text}
      status={isQueued ? 'queued' : 'sent'}
      beginsLine={props.beginsLine}
      problem={isEditing ? null : queued.problem}
      editor={
        isEditing && (
          <MessageEditor
            text={queued.draft}
            isOpen={isQueued}
            isSaving={queued.isSaving}
            takesFocus={queued.takesFocus}
            problem={queued.problem}
            onChange={queued.change}
            onSave={queued.save}
            onCancel={queued.close}
            onMove={() => {
              queued.moveToBox()
              focusMessageBox()
            }}
          />
        )
      }
      actions={
        isQueued &&
        !isEditing && (
          <>
            <IconButton ref={editButton} label="Edit" onClick={queued.edit}>
              <Pencil aria-hidden size={15} />
            </IconButton>
            <IconButton
              label="Remove"
              disabled={queued.isRemoving}
              onClick={() => void queued.remove().then(focusMessageBox)}
            >
              <Trash2 aria-hidden size={15} />
            </IconButton>
          </>
        )
      }
    />
  )
}
