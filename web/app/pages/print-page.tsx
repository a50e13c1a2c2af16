import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'
import type { Client } from '../../../shared/client/index.ts'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Wordmark } from '../wordmark.tsx'
import { WholeConversation } from './whole-conversation.tsx'
import { formatDate } from '../../language/format.ts'
import { useLanguage } from '../../language/language.ts'
import { t } from '../../language/t.ts'

/** The page is complete when nothing changed for this long; drawing a diagram changes it sooner. Milliseconds. */
const CALM_MS = 600

/** A whole session for printing or PDF. It opens the print dialog once everything is rendered. */
export function PrintPage() {
  useLanguage()
  const client = useThroughline()
  const navigate = useNavigate()
  const id = useParams({ from: '/print/$id', select: (params) => params.id })
  const { data, error, refetch } = useQuery({
    queryKey: ['print', id],
    queryFn: () => readWhole(client, id),
    // The print must include the messages that were added since the last request.
    gcTime: 0,
    retry: false,
  })
  const page = useRef<HTMLElement>(null)
  useEffect(() => {
    if (data && page.current) return whenCalm(page.current, () => window.print())
    return undefined
  }, [data])
  const title = data ? sessionTitle(data.session) : 'Throughline'
  return (
    <div className="flex h-dvh flex-col print:block print:h-auto">
      <title>{title}</title>
      <header className="flex h-14 shrink-0 items-center gap-2 border-b border-border px-4 sm:px-6 print:hidden">
        <Wordmark />
        <span className="ms-auto flex gap-2">
          <Button onClick={() => void navigate({ to: '/s/$id', params: { id } })}>
            {t('Back to the session')}
          </Button>
          <Button kind="primary" aria-disabled={!data} onClick={() => data && window.print()}>
            {t('Print')}
          </Button>
        </span>
      </header>
      <main ref={page} className="relative min-h-0 flex-1 overflow-y-auto print:overflow-visible">
        <div className="mx-auto w-full max-w-3xl px-4 pb-16 sm:px-6 print:max-w-none print:p-0">
          {error && (
            <div className="grid justify-items-center gap-3 p-6 text-center">
              <p role="alert" className="text-muted">
                <bdi>{error.message}</bdi>
              </p>
              <Button onClick={() => void refetch()}>{t('Try again')}</Button>
            </div>
          )}
          {!data && !error && (
            <p role="status" className="p-6 text-center text-sm text-muted">
              {t('Opening…')}
            </p>
          )}
          {data && (
            <>
              <h1
                dir="auto"
                className="pt-6 text-match-parent text-xl font-semibold tracking-tight print:pt-0"
              >
                {title}
              </h1>
              <p className="pt-1 pb-2 text-sm text-muted">
                {formatDate(data.session.createdAt, { dateStyle: 'long' })}
              </p>
              <WholeConversation messages={data.messages} isPaper />
            </>
          )}
        </div>
      </main>
    </div>
  )
}

/** The active branch from its first message on. */
async function readWhole(client: Client, sessionId: string) {
  const { api } = client
  const session = await api.sessions.get.query({ id: sessionId })
  const pages: Awaited<ReturnType<typeof api.messages.list.query>>['messages'][] = []
  for (;;) {
    const before = pages[0]?.[0]?.id
    const { messages, hasOlder } = await api.messages.list.query({
      sessionId,
      limit: 200,
      ...(before !== undefined && { before }),
    })
    pages.unshift(messages)
    if (!hasOlder || messages.length === 0) return { session, messages: pages.flat() }
  }
}

/**
 * Calls back once when nothing has been drawn for a while, and every picture is there or never will be.
 * @returns a function that ends it
 */
function whenCalm(page: HTMLElement, onCalm: () => void): () => void {
  let timer = 0
  const look = (): void => {
    const isWhole = [...page.querySelectorAll('img')].every(({ complete }) => complete)
    if (!isWhole) return wait()
    end()
    onCalm()
  }
  const wait = (): void => {
    clearTimeout(timer)
    timer = window.setTimeout(look, CALM_MS)
  }
  const observer = new MutationObserver(wait)
  const end = (): void => {
    clearTimeout(timer)
    observer.disconnect()
  }
  observer.observe(page, { subtree: true, childList: true, attributes: true, characterData: true })
  wait()
  return end
}
