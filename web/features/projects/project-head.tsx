import { useNavigate } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { trpc } from '../../client.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import ProjectDialog from './project-dialog.tsx'
import type { Project } from './use-projects.ts'
import { t } from '../../language/t.ts'

/** The head of a project's page: its instructions for the model, and its actions. */
export function ProjectHead({ project }: { project: Project }) {
  const utils = trpc.useUtils()
  const navigate = useNavigate()
  const [isEditing, setEditing] = useState(false)
  const [isDeleting, setDeleting] = useState(false)
  const { attempt, error } = useAttempt()
  const save = trpc.projects.save.useMutation()
  const remove = trpc.projects.delete.useMutation()
  const { id, name, instructions, files, archived } = project

  const archive = () =>
    attempt(async () => {
      const fileIds = files.map((file) => file.id)
      await save.mutateAsync({ id, name, instructions, files: fileIds, archived: !archived })
      await utils.projects.list.invalidate()
    })

  const drop = () =>
    attempt(async () => {
      await remove.mutateAsync({ id })
      await utils.projects.list.invalidate()
      await navigate({ to: '/' })
    })

  return (
    <section aria-label={t('About the project')} className="grid gap-3">
      {archived && <p className="text-sm text-muted">{t('This project is archived.')}</p>}
      <p
        dir="auto"
        className="max-w-prose text-match-parent text-sm whitespace-pre-wrap wrap-anywhere text-muted"
      >
        {instructions ?? t('No instructions.')}
      </p>
      {files.length > 0 && (
        <ul aria-label={t('Files')} className="flex flex-wrap gap-2 text-xs text-muted">
          {files.map((file) => (
            <li key={file.id} className="rounded-full border border-border px-2.5 py-1">
              <bdi>{file.name}</bdi>
            </li>
          ))}
        </ul>
      )}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setEditing(true)}>
          <Pencil aria-hidden size={14} />
          {t('Change')}
        </Button>
        <Button onClick={() => void archive()}>
          {archived ? <ArchiveRestore aria-hidden size={14} /> : <Archive aria-hidden size={14} />}
          {archived ? t('Take out of the archive') : t('Archive')}
        </Button>
        <Button
          kind={isDeleting ? 'danger' : 'quiet'}
          onClick={() => (isDeleting ? void drop() : setDeleting(true))}
        >
          <Trash2 aria-hidden size={14} />
          {isDeleting ? t('Delete it, and keep its sessions') : t('Delete')}
        </Button>
      </div>
      <Outcome error={error} />
      {isEditing && <ProjectDialog project={project} onClose={() => setEditing(false)} />}
    </section>
  )
}
