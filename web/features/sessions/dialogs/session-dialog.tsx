import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Session } from '../../../../shared/contract/session.ts'
import { trpc } from '../../../client.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { FormDialog } from './form-dialog.tsx'
import { InstructionsDialog } from './instructions-dialog.tsx'
import { ProjectOfSession } from './project-of-session.tsx'
import type { SessionAction } from '../session-actions.tsx'
import { sessionTitle } from '../session-title.ts'
import TagsDialog from '../tags/tags-dialog.tsx'
import { ShareDialog } from './share-dialog.tsx'
import { t } from '../../../language/t.ts'

type Props = { session: Session; onClose: () => void }

export default function SessionDialog({ action, ...rest }: Props & { action: SessionAction }) {
  switch (action) {
    case 'rename':
      return <RenameDialog {...rest} />
    case 'instructions':
      return <InstructionsDialog {...rest} />
    case 'project':
      return <ProjectOfSession {...rest} />
    case 'tags':
      return <TagsDialog {...rest} />
    case 'share':
      return <ShareDialog {...rest} />
    case 'delete':
      return <DeleteDialog {...rest} />
  }
}

function RenameDialog({ session, onClose }: Props) {
  const [title, setTitle] = useState(session.title ?? '')
  const update = trpc.sessions.update.useMutation({ onSuccess: onClose })
  const isReady = title.trim() !== '' && !update.isPending
  return (
    <FormDialog
      label={t('Rename session')}
      error={update.error?.message}
      isChanged={title !== (session.title ?? '')}
      onClose={onClose}
      onSubmit={() => {
        if (isReady) update.mutate({ id: session.id, title: title.trim() })
      }}
      confirm={
        <Button kind="primary" type="submit" disabled={!isReady}>
          {t('Rename')}
        </Button>
      }
    >
      <input
        aria-label={t('Title')}
        dir="auto"
        value={title}
        maxLength={200}
        onChange={(event) => setTitle(event.target.value)}
        onFocus={(event) => event.target.select()}
        className="h-10 w-full rounded-lg border border-control bg-bg px-3 text-base"
      />
    </FormDialog>
  )
}

function DeleteDialog({ session, onClose }: Props) {
  const navigate = useNavigate()
  const shownId = useParams({ strict: false, select: (params) => params.id })
  const remove = trpc.sessions.delete.useMutation({
    onSuccess: () => {
      onClose()
      if (shownId === session.id) void navigate({ to: '/' })
    },
  })
  return (
    <FormDialog
      label={t('Delete session')}
      error={remove.error?.message}
      onClose={onClose}
      onSubmit={() => remove.mutate({ id: session.id })}
      confirm={
        <Button kind="danger" type="submit" disabled={remove.isPending}>
          {t('Delete')}
        </Button>
      }
    >
      <p className="text-sm text-muted">
        {t('“{title}” and everything said in it will be gone for good.', {
          title: sessionTitle(session),
        })}
      </p>
    </FormDialog>
  )
}
