import { useQueryClient } from '@tanstack/react-query'
import { getQueryKey } from '@trpc/react-query'
import { useEffect } from 'react'
import type { SessionsChange } from '../../../shared/contract/events.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { trpc } from '../../client.ts'
import { sessionTitle } from './session-title.ts'
import { withSession, withoutSession } from './session-pages.ts'

const PAGE_SIZE = 40
/** After the server has refused to tell of changes: its database may have been away. */
const FOLLOW_AGAIN_MS = 5_000

/** The caller's sessions, newest activity first, in pages. */
export function useSessions() {
  const query = trpc.sessions.list.useInfiniteQuery(
    { limit: PAGE_SIZE },
    { getNextPageParam: (page) => page.nextCursor },
  )
  const sessions: Session[] = query.data?.pages.flatMap((page) => page.items) ?? []
  return { ...query, sessions }
}

/** What the list calls a session that is being opened; null when the list does not have it. */
export function useKnownTitle(id: string): string | null {
  const pages = trpc.useUtils().sessions.list.getInfiniteData({ limit: PAGE_SIZE })?.pages ?? []
  const session = pages.flatMap((page) => page.items).find((item) => item.id === id)
  return session ? sessionTitle(session) : null
}

/** Keeps the lists as the server has them: by its changes, and by asking again whenever these begin anew. */
export function useSessionsChanges(): void {
  const utils = trpc.useUtils()
  const queries = useQueryClient()

  function apply(change: SessionsChange): void {
    utils.sessions.list.setInfiniteData({ limit: PAGE_SIZE }, (data) => {
      if (!data) return data
      const pages =
        change.type === 'session'
          ? withSession(data.pages, change.session)
          : withoutSession(data.pages, change.id)
      return { ...data, pages }
    })
    // An answer that is on its way may be from before this change, and would undo it.
    if (queries.isFetching({ queryKey: getQueryKey(trpc.sessions.list) }) > 0) {
      void utils.sessions.list.invalidate()
    }
    // What a search finds, only the server knows; an active one is asked again.
    void utils.sessions.search.invalidate()
  }

  const { status, reset } = trpc.sessions.changes.useSubscription(undefined, {
    // From here on nothing is missed, so what is asked now is whole: at the beginning, and after each reconnect.
    onStarted: () => void utils.sessions.list.invalidate(),
    onData: apply,
  })
  useEffect(() => {
    if (status !== 'error') return
    const timer = setTimeout(reset, FOLLOW_AGAIN_MS)
    return () => clearTimeout(timer)
  }, [status, reset])
}
