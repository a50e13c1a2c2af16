import { useNavigate } from '@tanstack/react-router'
import { Paperclip, Pencil, RotateCcw, Undo2 } from 'lucide-react'
import type { PendingSend } from '../../../../shared/client/index.ts'
import { useConnection, useThroughline } from '../../../../shared/react/index.ts'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { focusMessageBox } from '../composer/message-box.ts'
import { moveToBox, NEW_SESSION, pageOfBox } from '../composer/send-message.ts'
import { UserMessage } from './user-message.tsx'
import { t } from '../../../language/t.ts'

/** A message on its way: what it waits for, or why it was not sent. */
export function PendingMessage(props: { send: PendingSend; beginsLine: boolean }) {
  const { send } = props
  const client = useThroughline()
  const navigate = useNavigate()
  const { status } = useConnection()
  const isWaiting = status === 'reconnecting' || status === 'offline'

  /** Takes the message away, and leads to where its session was begun when that was never made. */
  async function remove(act: () => Promise<string | null>): Promise<void> {
    const { outbox } = client
    const entry = outbox.getSnapshot().find(({ id }) => id === send.id)
    const box = await act()
    const isOnly = !outbox.getSnapshot().some(({ sessionId }) => sessionId === entry?.sessionId)
    if (entry?.session && isOnly) await navigate(pageOfBox(box ?? NEW_SESSION) ?? { to: '/' })
    focusMessageBox()
  }

  async function takeBack(): Promise<null> {
    await client.outbox.takeBack(send.id)
    return null
  }

  const canChange = isWaiting || send.status === 'failed'
  return (
    <UserMessage
      text={send.text}
      attached={<FileNames files={send.files ?? []} />}
      status={send.status === 'failed' ? 'failed' : isWaiting ? 'waiting' : 'sending'}
      beginsLine={props.beginsLine}
      problem={
        send.status === 'failed' ? t('Not sent: {reason}', { reason: send.error.message }) : null
      }
      actions={
        canChange && (
          <>
            {send.status === 'failed' && (
              <IconButton label={t('Send again')} onClick={() => void client.outbox.retry(send.id)}>
                <RotateCcw aria-hidden size={15} />
              </IconButton>
            )}
            <IconButton
              label={t('Edit')}
              onClick={() => void remove(() => moveToBox(client, send.id))}
            >
              <Pencil aria-hidden size={15} />
            </IconButton>
            <IconButton label={t('Take back')} onClick={() => void remove(takeBack)}>
              <Undo2 aria-hidden size={15} className="rtl:-scale-x-100" />
            </IconButton>
          </>
        )
      }
    />
  )
}

function FileNames({ files }: { files: readonly { id: string; name: string }[] }) {
  if (files.length === 0) return null
  return (
    <ul aria-label={t('Files')} className="mb-2 flex flex-wrap gap-2">
      {files.map(({ id, name }) => (
        <li
          key={id}
          className="flex max-w-72 items-center gap-2 rounded-xl border border-dashed border-control px-3 py-2 text-sm text-muted"
        >
          <Paperclip aria-hidden size={15} className="shrink-0" />
          <bdi className="truncate">{name}</bdi>
        </li>
      ))}
    </ul>
  )
}
