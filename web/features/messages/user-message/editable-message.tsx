import { Pencil, Trash2 } from 'lucide-react'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { AppMessage, AppSessionState } from '../../../../shared/client/index.ts'
import { useSession } from '../../../../shared/react/index.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { ForkButton } from '../answer/fork-button.tsx'
import { editRequests } from './edit-requests.ts'
import { focusMessageBox } from '../composer/message-box.ts'
import { MessageEditor } from '../composer/message-editor.tsx'
import { messageText } from '../steps.ts'
import { useQueuedMessage } from './use-queued-message.ts'
import { useSentMessage } from './use-sent-message.ts'
import { isActive } from '../../../../shared/contract/active.ts'
import { filesIn } from '../../../../shared/contract/files-in.ts'
import { UserMessage } from './user-message.tsx'
import { Versions } from '../versions.tsx'
import { t } from '../../../language/t.ts'

/**
 * A logged user message. While it is queued, it can be changed and withdrawn; later, editing it creates another
 * version.
 */
export function EditableMessage(props: { message: AppMessage; beginsLine: boolean }) {
  const { message } = props
  const text = messageText(message.parts)
  const queued = useQueuedMessage(message, text)
  const sent = useSentMessage(message, text)
  const { isQueued } = queued
  const isEditing = queued.isEditing || sent.isEditing
  const edit = isQueued ? queued : sent
  const { begin } = edit
  const joins = useSession(
    message.sessionId,
    ({ state }) => state !== null && joinsNow(message, state),
  )

  const editButton = useRef<HTMLButtonElement>(null)
  const wasEditing = useRef(isEditing)
  /** True for an edit that was begun in the message box: the focus returns there. */
  const isOfBox = useRef(false)
  useEffect(() => {
    const ended = wasEditing.current && !isEditing
    wasEditing.current = isEditing
    if (!ended) return
    const home = isOfBox.current ? null : editButton.current
    isOfBox.current = false
    if (document.activeElement !== document.body) return
    if (home) home.focus({ preventScroll: true })
    else focusMessageBox()
  }, [isEditing])

  const isRequested = useSyncExternalStore(editRequests.subscribe, editRequests.get) === message.id
  useEffect(() => {
    if (!isRequested) return
    editRequests.set(null)
    isOfBox.current = true
    begin()
  })

  return (
    <UserMessage
      text={text}
      files={filesIn(message.parts)}
      status={isQueued ? 'queued' : 'sent'}
      isJoined={message.joinedPart !== undefined}
      joins={joins}
      beginsLine={props.beginsLine}
      problem={queued.isEditing ? null : queued.problem}
      keepsText={queued.isEditing && !isQueued}
      versions={
        <>
          {!isEditing && edit.canRestore && (
            <Button className="me-1" onClick={edit.restore}>
              {t('Restore your edit')}
            </Button>
          )}
          <Versions message={message} />
        </>
      }
      editor={
        queued.isEditing ? (
          <MessageEditor
            text={queued.draft}
            isOpen={isQueued}
            isSaving={queued.isSaving}
            takesFocus={queued.takesFocus}
            problem={queued.problem}
            onChange={queued.change}
            onSave={() => void queued.save()}
            onCancel={queued.giveUp}
            onMove={() => {
              queued.moveToBox()
              focusMessageBox()
            }}
          />
        ) : (
          sent.isEditing && (
            <MessageEditor
              text={sent.draft}
              isOpen
              isSaving={sent.isSaving}
              takesFocus={sent.takesFocus}
              problem={sent.problem}
              hint={t('Saving asks again. This version is kept.')}
              onChange={sent.change}
              onSave={() =>
                void sent.save().then((isDone) => (isDone ? focusMessageBox() : undefined))
              }
              onCancel={sent.giveUp}
            />
          )
        )
      }
      actions={
        !isEditing && (
          <>
            <IconButton ref={editButton} label={t('Edit')} onClick={begin}>
              <Pencil aria-hidden size={15} />
            </IconButton>
            {!isQueued && <ForkButton messageId={message.id} />}
            {isQueued && (
              <IconButton
                label={t('Remove')}
                disabled={queued.isRemoving}
                onClick={() => void queued.remove().then(focusMessageBox)}
              >
                <Trash2 aria-hidden size={15} />
              </IconButton>
            )}
          </>
        )
      }
    />
  )
}

/** True while the answer that a queued message joins is being written, here or on another branch. */
export function joinsNow(
  { joins, status }: Pick<AppMessage, 'joins' | 'status'>,
  { session, messages }: Pick<AppSessionState, 'session' | 'messages'>,
): boolean {
  return (
    joins !== undefined &&
    status === 'queued' &&
    session.running &&
    !messages.some((other) => isActive(other) && other.runId !== joins)
  )
}
