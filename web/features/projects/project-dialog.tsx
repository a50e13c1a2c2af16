import { useNavigate } from '@tanstack/react-router'
import { Paperclip, X } from 'lucide-react'
import { useState } from 'react'
import { newId } from '../../../shared/contract/new-id.ts'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Dialog } from '../../ui/dialog/dialog.tsx'
import { DialogFoot } from '../../ui/dialog/dialog-foot.tsx'
import { FileButton } from '../../ui/controls/file-button.tsx'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { TextArea } from '../../ui/controls/text-area.tsx'
import { TextField } from '../../ui/controls/text-field.tsx'
import { useRowFocus } from '../../ui/use-row-focus.ts'
import { useAttempt } from '../../ui/use-attempt.ts'
import type { Stored } from './upload-file.ts'
import { useUploads } from './use-uploads.ts'
import type { Project } from './use-projects.ts'
import { t } from '../../language/t.ts'

/** Makes a project, or changes one. */
export default function ProjectDialog(props: {
  project: Project | null
  onClose: () => void
  /** Called when a new project is opened; closes the sheet. */
  onChoose?: (() => void) | undefined
}) {
  const { project, onClose } = props
  const utils = trpc.useUtils()
  const navigate = useNavigate()
  const [id] = useState(() => project?.id ?? newId())
  const [name, setName] = useState(project?.name ?? '')
  const [instructions, setInstructions] = useState(project?.instructions ?? '')
  const [files, setFiles] = useState<readonly Stored[]>(project?.files ?? [])
  const { attempt, isBusy, error } = useAttempt()
  const list = useRowFocus(files.length)
  const uploads = useUploads((stored) => setFiles((known) => [...known, stored]))
  const save = trpc.projects.save.useMutation()
  const title = project ? t('Change the project') : t('New project')

  const keep = () =>
    attempt(async () => {
      await save.mutateAsync({
        ...{ id, name: name.trim(), instructions: instructions.trim() || null },
        ...{ files: files.map((file) => file.id), archived: project?.archived ?? false },
      })
      await utils.projects.list.invalidate()
      onClose()
      if (project) return
      props.onChoose?.()
      await navigate({ to: '/p/$id', params: { id } })
    })

  const isChanged =
    name !== (project?.name ?? '') ||
    instructions !== (project?.instructions ?? '') ||
    uploads.count > 0 ||
    files.map((file) => file.id).join() !== (project?.files.map((file) => file.id).join() ?? '')
  const isReady = name.trim() !== '' && !isBusy && uploads.count === 0

  return (
    <Dialog label={title} isChanged={isChanged} onClose={onClose}>
      <form
        className="grid max-h-[85dvh] scroll-pb-20 gap-4 overflow-y-auto p-5"
        onSubmit={(event) => {
          event.preventDefault()
          event.stopPropagation()
          if (isReady) void keep()
        }}
      >
        <h2 className="font-semibold">{title}</h2>
        <TextField
          label={t('Name')}
          value={name}
          maxLength={100}
          required
          onChange={({ target }) => setName(target.value)}
        />
        <TextArea
          label={t('Instructions')}
          hint={t('For every session in it, behind the session’s own.')}
          value={instructions}
          maxLength={50_000}
          onChange={setInstructions}
        />
        <div className="grid gap-1.5">
          <span className="text-sm font-medium">{t('Files')}</span>
          {files.length > 0 && (
            <ul ref={list} aria-label={t('Files')} className="grid gap-1 text-sm">
              {files.map((file) => (
                <li key={file.id} className="flex items-center gap-2 rounded-lg bg-hover ps-3">
                  <bdi className="min-w-0 flex-1 truncate text-match-parent">{file.name}</bdi>
                  <IconButton
                    label={t('Remove {name}', { name: file.name })}
                    onClick={() => setFiles(files.filter((other) => other !== file))}
                  >
                    <X aria-hidden size={14} />
                  </IconButton>
                </li>
              ))}
            </ul>
          )}
          <div>
            <FileButton
              label={t('Files of the project')}
              multiple
              onChoose={(chosen) => uploads.add(chosen)}
            >
              <Paperclip aria-hidden size={14} />
              {t('Add files')}
            </FileButton>
          </div>
          {uploads.count > 0 && (
            <p role="status" className="text-xs text-muted">
              {t(
                '{count, plural, one {One file is being uploaded…} other {# files are being uploaded…}}',
                {
                  count: uploads.count,
                },
              )}
            </p>
          )}
          <p className="text-xs text-muted">
            {t('The model reads them in every session of the project.')}
          </p>
        </div>
        <Outcome error={uploads.error ?? error} />
        <DialogFoot>
          <Button onClick={onClose}>{t('Cancel')}</Button>
          <Button kind="primary" type="submit" disabled={!isReady}>
            {t('Save')}
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  )
}
