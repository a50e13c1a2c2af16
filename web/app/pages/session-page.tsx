import { useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect } from 'react'
import type { AppSessionState, Client, PendingSend } from '../../../shared/client/index.ts'
import { useConnection, useSession, useThroughline } from '../../../shared/react/index.ts'
import { AnswerAnnouncer } from '../../features/messages/answer/answer-announcer.tsx'
import { Composer } from '../../features/messages/composer/composer.tsx'
import { editRequests } from '../../features/messages/user-message/edit-requests.ts'
import { LeftEdits } from '../../features/messages/user-message/left-edits.tsx'
import { LeftDraft } from '../../features/messages/composer/drafts/left-draft.tsx'
import { drafts } from '../../features/messages/composer/drafts/page-drafts.ts'
import {
  reason,
  sendMessage,
  denyWaiting,
  moveToBox,
  pageOfBox,
  unmadeSession,
} from '../../features/messages/composer/send-message.ts'
import type { Written } from '../../features/messages/composer/send-message.ts'
import { OpenSessionContext } from '../../features/messages/answer/opens-session.ts'
import type { GoTo } from '../../features/messages/conversation/use-go-to.ts'
import { ModelChip } from '../../features/models/model-chip.tsx'
import { SessionActions } from '../../features/sessions/session-actions.tsx'
import { isActive } from '../../../shared/contract/active.ts'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { useKnownTitle } from '../../features/sessions/use-sessions.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Notice } from './not-found-page.tsx'
import { Foot, Page } from './page.tsx'
import { useModelKind } from '../use-model-kind.ts'
import { useStopping } from '../use-stopping.ts'
import { whenIdle } from '../../ui/loading/when-idle.ts'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

const Conversation = lazyPart(() => import('./session-conversation.tsx'))
whenIdle(Conversation.preload)

/**
 * The page of one conversation.
 * @param props.goTo the message to scroll to, when the address names one
 */
export default function SessionPage({ id, goTo }: { id: string; goTo: GoTo | null }) {
  useLanguage()
  const client = useThroughline()
  // Its script is loaded while the session is, not after it.
  useEffect(() => void Conversation.preload().catch(() => undefined), [])
  const status = useSession(id, (snapshot) => snapshot.status)
  const error = useSession(id, (snapshot) => snapshot.error)
  const session = useSession(id, ({ state }) => (state ? summaryOf(state.session) : null))
  const model = useSession(id, ({ state }) => state?.session.model ?? null)
  const hasPending = useSession(id, ({ pending }) => pending.length > 0)
  const isRunning = useSession(id, ({ state }) => state?.session.running ?? false)
  const isWaiting = useSession(id, ({ state }) => waitsForDecision(state))
  // With the demo model there is no choice of models.
  const modelKind = useModelKind()
  const hasModels = modelKind !== undefined && modelKind !== 'demo'
  const knownTitle = useKnownTitle(id)
  const firstLine = useSession(id, ({ pending }) => firstLineOf(pending[0]?.text ?? ''))
  // On a version that is not in view an answer may be written too.
  const running = useSession(id, ({ state }) => state?.messages.findLast(isActive)?.runId ?? null)
  const asked = useSession(id, ({ state }) => state?.messages.findLast(isActive)?.parentId ?? null)
  const sending = useSession(id, ({ pending }) => pending.findLast(isSending)?.id ?? null)
  const connection = useConnection().status
  const isConnected = connection === 'connected'
  const isAway = !isConnected && connection !== 'connecting'
  const navigate = useNavigate()
  const { stop, isStopping } = useStopping(
    id,
    isRunning
      ? { run: running ?? 'another version', question: asked }
      : { run: null, question: sending },
    (box) => void navigate(pageOfBox(box) ?? { to: '/s/$id', params: { id: box } }),
  )
  const openSession = useCallback(
    (to: string) => void navigate({ to: '/s/$id', params: { id: to } }),
    [navigate],
  )
  const send = useCallback(
    (written: Written) => sendMessage(client, id, written, unmadeSession(client, id)),
    [client, id],
  )

  if (status === 'failed' && !hasPending && (!session || error?.code === 'NOT_FOUND')) {
    const isGone = error?.code === 'NOT_FOUND' || error?.code === 'BAD_REQUEST'
    return (
      <Page title={t('Session')}>
        <Notice
          text={
            isGone
              ? t('This session does not exist, or it has been deleted.')
              : (error?.message ?? '')
          }
        >
          <LeftDraft draftKey={id} />
          <LeftEdits sessionId={id} />
        </Notice>
      </Page>
    )
  }
  return (
    <Page
      title={titleOf(session, knownTitle, firstLine)}
      actions={session && <SessionActionsOf id={id} />}
    >
      {session || hasPending ? (
        <OpenSessionContext value={openSession}>
          <Conversation
            key={id}
            fallback={<Opening />}
            sessionId={id}
            goTo={goTo}
            hasModels={hasModels}
          />
        </OpenSessionContext>
      ) : status === 'loading' ? (
        <Opening isAway={isAway} />
      ) : (
        <div className="flex-1" />
      )}
      <AnswerAnnouncer sessionId={id} />
      <Foot>
        {status === 'failed' && (
          <p role="alert" className="flex items-center gap-3 bg-bg px-3 pb-2 text-sm text-danger">
            {error?.message}
            <Button onClick={() => client.session(id).retry()}>{t('Try again')}</Button>
          </p>
        )}
        <Composer
          draftKey={id}
          placeholder={
            isWaiting
              ? t('Message (answered after your decision)')
              : isRunning
                ? t('Message (answered next)')
                : t('Message')
          }
          onSend={send}
          onStop={isRunning || (sending !== null && isConnected) ? stop : null}
          isStopping={isStopping}
          onDeny={isWaiting ? (sent) => void denyWaiting(client, id, sent) : null}
          onEditLast={() =>
            void editLast(client, id).then((box) => {
              if (box !== null) void navigate({ to: '/' })
            })
          }
          model={model}
          // Its row has its place from the beginning, so that the box does not jump when the session is there.
          choices={session ? <ModelOfSession id={id} /> : <span className="min-h-7" />}
        />
      </Foot>
    </Page>
  )
}

/**
 * Shown with a delay, because nearly every session opens at once.
 * @param props.isAway true when the session is not on the device, and the server cannot be asked
 */
function Opening({ isAway = false }: { isAway?: boolean }) {
  return (
    <div className="grid flex-1 place-items-center">
      <p className="animate-[appear_200ms_800ms_ease-out_backwards] bg-bg p-2 text-sm text-muted">
        {isAway
          ? t('This session is not on this device. It opens when the connection is back.')
          : t('Opening…')}
      </p>
    </div>
  )
}

/**
 * Opens the editor of the newest message; one that waits for the connection returns to its box.
 * @returns the box, when it is another page's
 */
async function editLast(client: Client, id: string): Promise<string | null> {
  const { state, pending } = client.session(id).store.getSnapshot()
  const waiting = pending.at(-1)
  const isOnline = client.connection.getSnapshot().status === 'connected'
  if (waiting && (waiting.status === 'failed' || !isOnline)) {
    const box = await moveToBox(client, waiting.id)
    return box === id ? null : box
  }
  const last = state?.messages.findLast(({ role }) => role === 'user')
  if (last) editRequests.set(last.id)
  return null
}

/** The menu for the model of the following answers. */
function ModelOfSession({ id }: { id: string }) {
  const client = useThroughline()
  const model = useSession(id, ({ state }) => state?.session.model ?? null)
  const choose = (chosen: string | null) => {
    client.api.sessions.update
      .mutate({ id, model: chosen })
      .catch((error: unknown) =>
        drafts.report(id, t('The model is as before: {reason}', { reason: reason(error) })),
      )
  }
  return <ModelChip model={model} onChoose={choose} />
}

function SessionActionsOf({ id }: { id: string }) {
  const session = useSession(id, ({ state }) => state?.session)
  if (!session) return null
  return (
    <>
      {session.temporary && (
        <span
          title={t('Deleted when you leave it')}
          className="shrink-0 rounded-full bg-hover px-2 py-0.5 text-xs text-muted"
        >
          {t('Temporary')}
        </span>
      )}
      {session.archived && (
        <span className="shrink-0 rounded-full bg-hover px-2 py-0.5 text-xs text-muted">
          {t('Archived')}
        </span>
      )}
      <SessionActions session={session} />
    </>
  )
}

/** True when everything waits for a person's decision. While a question is open, its call and the answer go on. */
function waitsForDecision(state: AppSessionState | null): boolean {
  return (
    state !== null &&
    state.session.waiting &&
    !state.messages.some(({ status }) => status === 'running')
  )
}

/** A session that has no title yet will have that of its first message, which is on its way. */
function titleOf(
  session: { title: string | null } | null,
  knownTitle: string | null,
  firstLine: string | null,
): string {
  if (session) return session.title ? sessionTitle(session) : (firstLine ?? sessionTitle(session))
  return knownTitle ?? firstLine ?? 'Throughline'
}

function firstLineOf(text: string): string | null {
  return text.trim().split('\n', 1)[0]?.slice(0, 80) || null
}

function summaryOf({ title }: { title: string | null }): { title: string | null } {
  return { title }
}

function isSending({ status }: PendingSend): boolean {
  return status === 'sending'
}
