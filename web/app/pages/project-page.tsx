import { useNavigate, useParams } from '@tanstack/react-router'
import { newId } from '../../../shared/contract/new-id.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { Composer } from '../../features/messages/composer/composer.tsx'
import { LeftDraft } from '../../features/messages/composer/drafts/left-draft.tsx'
import { boxOfProject, sendMessage } from '../../features/messages/composer/send-message.ts'
import type { Outcome, Written } from '../../features/messages/composer/send-message.ts'
import { ProjectHead } from '../../features/projects/project-head.tsx'
import { useProjects } from '../../features/projects/use-projects.ts'
import { SessionRows } from '../../features/sessions/session-rows.tsx'
import { useBeginning } from '../use-beginning.tsx'
import { useStopFirst } from '../use-stop-first.ts'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { Notice } from './not-found-page.tsx'
import { Column, Foot, Page } from './page.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** A project: its instructions and files, its sessions, and a box that begins the next one. */
export function ProjectPage() {
  useLanguage()
  const id = useParams({ from: '/shell/p/$id', select: (params) => params.id })
  // Choices for the next session are of one project.
  return <PageOfProject key={id} id={id} />
}

function PageOfProject({ id }: { id: string }) {
  const box = boxOfProject(id)
  const client = useThroughline()
  const navigate = useNavigate()
  const stopsFirst = useStopFirst()
  const { projects, isPending, problem, retry } = useProjects()
  const { session, choices, begun } = useBeginning(box)
  const project = projects.find((one) => one.id === id)

  function start(written: Written): Promise<Outcome> {
    const sessionId = newId()
    const sent = sendMessage(client, sessionId, written, { ...session, projectId: id })
    stopsFirst(sessionId)
    void sent.then((outcome) => {
      if (!outcome.isSent && outcome.box === box && location.pathname.endsWith(sessionId)) {
        void navigate({ to: '/p/$id', params: { id } })
      }
    })
    begun()
    void navigate({ to: '/s/$id', params: { id: sessionId } })
    return sent
  }

  if (!project) {
    return (
      <Page title={t('Project')} hasLine={false}>
        {problem === null ? (
          !isPending && (
            <Notice text={t('This project does not exist, or it has been deleted.')}>
              <LeftDraft draftKey={box} />
            </Notice>
          )
        ) : (
          <div className="m-auto max-w-sm bg-bg p-6">
            <NotLoaded reason={problem} onRetry={retry} />
          </div>
        )}
      </Page>
    )
  }
  return (
    <Page title={project.name} hasLine={false}>
      <Column>
        <div className="grid gap-8">
          <ProjectHead project={project} />
          <section aria-label={t('Sessions of the project')} className="grid gap-3">
            <h2 className="font-semibold">{t('Sessions')}</h2>
            <SessionRows
              label={t('Sessions of the project')}
              only={{ projectId: id }}
              none={t('None yet. Write below to begin one.')}
            />
          </section>
        </div>
      </Column>
      <Foot>
        <Composer
          draftKey={box}
          placeholder={t('Message in {name}', { name: project.name })}
          onSend={start}
          onStop={null}
          model={session.model ?? null}
          choices={choices}
        />
      </Foot>
    </Page>
  )
}
