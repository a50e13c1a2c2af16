import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { basePath } from '../../base-path.ts'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { AppMessage, Outputs } from '../../../shared/client/index.ts'
import { AssistantMessage } from '../../features/messages/answer/assistant-message.tsx'
import { turnsOf } from '../../features/messages/conversation/turns.ts'
import { messageText } from '../../features/messages/steps.ts'
import { UserMessage } from '../../features/messages/user-message/user-message.tsx'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { ToolCard } from '../../features/tools/tool-card.tsx'
import { FileAddress } from '../../ui/file-list.tsx'
import { Button } from '../../ui/button.tsx'
import { NoticeSlot } from '../../ui/notice-slot.tsx'
import { PreviewSlot } from '../preview-slot.tsx'
import { Wordmark } from '../wordmark.tsx'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'
import { formatDate } from '../../language/format.ts'

type Shared = Omit<Outputs['shares']['get'], 'messages'> & { messages: AppMessage[] }

/** The snapshot of a conversation, for anybody with its link. */
export function SharePage() {
  useLanguage()
  const token = useParams({ from: '/share/$token', select: (params) => params.token })
  const { data, error, refetch } = useQuery({
    queryKey: ['shared', token],
    queryFn: ({ signal }) => readShared(token, signal),
    retry: (failures, reason) => !(reason instanceof NoSuchShare) && failures < 2,
  })
  if (error instanceof NoSuchShare) {
    return (
      <Frame title={t('Shared session')}>
        <p className="m-auto max-w-sm p-6 text-center text-muted">
          {t('This link does not work: it is incomplete, or it was revoked.')}
        </p>
      </Frame>
    )
  }
  if (error) {
    return (
      <Frame title={t('Shared session')}>
        <div className="m-auto grid max-w-sm gap-3 p-6 text-center">
          <p role="alert" className="text-muted">
            {t('The shared session could not be loaded.')}
          </p>
          <Button onClick={() => void refetch()}>{t('Try again')}</Button>
        </div>
      </Frame>
    )
  }
  if (!data) return <Frame title={t('Shared session')} />
  const joined = turnsOf(data.messages, []).flatMap((turn) => turn.joined)
  const made = formatDate(data.createdAt, { dateStyle: 'long' })
  return (
    <Frame title={sessionTitle(data)}>
      <div className="mx-auto w-full max-w-3xl px-4 pb-16 sm:px-6">
        <p className="pt-1 pb-2 text-sm text-muted">
          {t('A read-only copy, as it was on {made}.', { made })}
        </p>
        <FileAddress
          value={(id) => `${basePath}/api/share/${encodeURIComponent(token)}/files/${id}`}
        >
          <section aria-label={t('Conversation')}>
            {data.messages
              .filter(({ id }) => !joined.some((one) => one.id === id))
              .map((message, index) => (
                <div key={message.id} className="[content-visibility:auto]">
                  <SharedMessage
                    message={message}
                    isFirst={index === 0}
                    joined={joined
                      .filter(({ answerId }) => answerId === message.id)
                      .map((one) => ({ ...one, view: <Joined of={data} id={one.id} /> }))}
                  />
                </div>
              ))}
          </section>
        </FileAddress>
      </div>
    </Frame>
  )
}

/** What was said while an answer was written. */
function Joined({ of, id }: { of: Shared; id: string }) {
  const message = of.messages.find((one) => one.id === id)
  return message ? <SharedMessage message={message} isFirst={false} joined={[]} /> : null
}

function SharedMessage(props: {
  message: AppMessage
  isFirst: boolean
  joined: readonly { id: string; part: number; view: ReactNode }[]
}) {
  const { message, isFirst, joined } = props
  return message.role === 'user' ? (
    <UserMessage
      text={messageText(message.parts)}
      files={filesIn(message.parts)}
      status="sent"
      isJoined={message.joinedPart !== undefined}
      beginsLine={isFirst}
    />
  ) : (
    <AssistantMessage message={message} joined={joined} ToolView={ToolCard} onRetry={null} />
  )
}

function Frame({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex h-dvh flex-col">
      <title>{`${title} · Throughline`}</title>
      <meta name="robots" content="noindex" />
      <header className="flex h-14 shrink-0 items-center gap-4 border-b border-border px-4 sm:px-6">
        <Link to="/" aria-label="Throughline">
          <Wordmark />
        </Link>
        <h1 className="min-w-0 truncate text-sm text-muted">
          <bdi>{title}</bdi>
        </h1>
      </header>
      <div className="flex min-h-0 flex-1">
        <main className="flex min-w-0 flex-1 flex-col overflow-y-auto">{children}</main>
        <PreviewSlot />
      </div>
      <NoticeSlot />
    </div>
  )
}

class NoSuchShare extends Error {}

/** Over HTTP, because readers of a link may not be signed in, which the socket requires. */
async function readShared(token: string, signal: AbortSignal): Promise<Shared> {
  const response = await fetch(`${basePath}/api/share/${encodeURIComponent(token)}`, { signal })
  if (response.status === 404 || response.status === 400) throw new NoSuchShare()
  if (!response.ok) throw new Error(t('The server answered {status}', { status: response.status }))
  // The response comes from our own server, in its stored format.
  return JSON.parse(await response.text())
}
