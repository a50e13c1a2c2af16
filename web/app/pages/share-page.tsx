import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { basePath } from '../../base-path.ts'
import type { AppMessage, Outputs } from '../../../shared/client/index.ts'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { FileAddress } from '../../ui/files/file-address.ts'
import { Button } from '../../ui/controls/button.tsx'
import { NoticeSlot } from '../../ui/notices/notice-slot.tsx'
import { PreviewSlot } from '../preview-slot.tsx'
import { Wordmark } from '../wordmark.tsx'
import { WholeConversation } from './whole-conversation.tsx'
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
  if (error && !data) {
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
  const made = formatDate(data.createdAt, { dateStyle: 'long' })
  return (
    <Frame title={sessionTitle(data)}>
      <div className="mx-auto w-full max-w-3xl px-4 pb-16 sm:px-6">
        <p className="pt-4 pb-2 text-sm text-muted">
          {t('A read-only copy, as it was on {made}.', { made })}
        </p>
        <FileAddress
          value={(id) => `${basePath}/api/share/${encodeURIComponent(token)}/files/${id}`}
        >
          <WholeConversation messages={data.messages} />
        </FileAddress>
      </div>
    </Frame>
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
        <h1 dir="auto" className="min-w-0 truncate text-sm text-muted">
          {title}
        </h1>
      </header>
      <div className="flex min-h-0 flex-1">
        <main className="relative flex min-w-0 flex-1 flex-col overflow-y-auto">{children}</main>
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
