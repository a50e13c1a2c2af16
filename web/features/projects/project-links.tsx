import { Link } from '@tanstack/react-router'
import { Folder, Plus } from 'lucide-react'
import { useState } from 'react'
import { trpc } from '../../client.ts'
import { dropTarget } from '../../ui/dragged-session.ts'
import { tellFailure } from '../../ui/notices/notice.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { useProjects } from './use-projects.ts'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'

const ProjectDialog = lazyPart(() => import('./project-dialog.tsx'))

/** The projects in the sidebar. */
export function ProjectLinks({ onChoose }: { onChoose?: (() => void) | undefined }) {
  const { projects } = useProjects()
  const [isNew, setNew] = useState(false)
  const move = trpc.sessions.update.useMutation({ onError: tellFailure })
  const shown = projects.filter(({ archived }) => !archived)
  return (
    <div role="group" aria-label={t('Projects')} className="group/projects">
      <div className="flex items-center pt-2 pe-0.5">
        <h2 className="flex-1 px-2 text-xs font-medium text-muted">{t('Projects')}</h2>
        <IconButton label={t('New project')} className="size-7" onClick={() => setNew(true)}>
          <Plus aria-hidden size={14} />
        </IconButton>
      </div>
      {shown.length > 0 && (
        <ul>
          {shown.map(({ id, name }) => (
            <li key={id}>
              <Link
                to="/p/$id"
                params={{ id }}
                onClick={onChoose}
                className="flex min-w-0 items-center gap-2 rounded-lg px-2 py-1.5 text-sm leading-6 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium data-over:bg-hover data-over:outline-2 data-over:outline-accent"
                {...dropTarget(({ id: dropped }) => move.mutate({ id: dropped, projectId: id }))}
              >
                <Folder aria-hidden size={14} className="shrink-0 text-muted" />
                <bdi className="truncate">{name}</bdi>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {isNew && <ProjectDialog project={null} onClose={() => setNew(false)} onChoose={onChoose} />}
    </div>
  )
}
