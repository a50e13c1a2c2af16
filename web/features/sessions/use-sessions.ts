import { useQueryClient } from '@tanstack/react-query'
import { getQueryKey } from '@trpc/react-query'
import { useEffect } from 'react'
import type { SessionsChange } from '../../../shared/contract/events.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { trpc } from '../../client.ts'
import { sessionCache } from '../../device/session-cache.ts'
import { sessionTitle } from './session-title.ts'
import { withSession, withoutSession } from './session-pages.ts'

const PAGE_SIZE = 40
/** The delay after the server refused the subscription, for example because of a database outage. */
const FOLLOW_AGAIN_MS = 5_000

/**
 * The caller's sessions, most recently active first, in pages.
 * @param tag keeps only those that have it
 */
export function useSessions(tag: string | null = null) {
  const query = trpc.sessions.list.useInfiniteQuery(
    { limit: PAGE_SIZE, ...(tag !== null && { tag }) },
    { getNextPageParam: (page) => page.nextCursor },
  )
  const sessions: Session[] = query.data?.pages.flatMap((page) => page.items) ?? []
  return { ...query, sessions }
}

/** The title of a session that is being opened, from the loaded list; null when it is not in the list. */
export function useKnownTitle(id: string): string | null {
  const pages = trpc.useUtils().sessions.list.getInfiniteData({ limit: PAGE_SIZE })?.pages ?? []
  const session = pages.flatMap((page) => page.items).find((item) => item.id === id)
  return session ? sessionTitle(session) : null
}

/** Keeps the lists up to date: applies changes, and loads the lists again whenever the subscription begins anew. */
export function useSessionsChanges(): void {
  const utils = trpc.useUtils()
  const queries = useQueryClient()

  function apply(change: SessionsChange): void {
    if (change.type === 'deleted') sessionCache.remove(change.id)
    const known = utils.sessions.list.getInfiniteData({ limit: PAGE_SIZE })?.pages ?? []
    const id = change.type === 'deleted' ? change.id : change.session.id
    const before = known.flatMap((page) => page.items).find((item) => item.id === id)
    const tagsBefore = before ? before.tags?.join('\n') : ''
    utils.sessions.list.setInfiniteData({ limit: PAGE_SIZE }, (data) => {
      if (!data) return data
      const pages =
        change.type === 'session'
          ? withSession(data.pages, change.session)
          : withoutSession(data.pages, change.id)
      return { ...data, pages }
    })
    // A response on its way may be older than this change, and would overwrite it.
    if (queries.isFetching({ queryKey: getQueryKey(trpc.sessions.list) }) > 0) {
      void utils.sessions.list.invalidate()
    }
    // Any session may have got or lost a tag, or taken one with it into the archive.
    if (tagsBefore !== tagsOf(change)) void utils.sessions.tags.invalidate()
    // Lists of a project, of a tag and of the archive stand beside it.
    void queries.invalidateQueries({
      queryKey: getQueryKey(trpc.sessions.list),
      predicate: ({ queryKey }) => /"(projectId|archived|tag)":/.test(JSON.stringify(queryKey)),
    })
    // Only the server can tell which sessions a search finds, so an active search is repeated.
    void utils.sessions.search.invalidate()
  }

  const { status, reset } = trpc.sessions.changes.useSubscription(undefined, {
    // From here on every change arrives, so a list that is loaded now is complete: at the beginning, and after each
    // reconnection.
    onStarted: () => void utils.sessions.list.invalidate(),
    onData: apply,
  })
  useEffect(() => {
    if (status !== 'error') return
    const timer = setTimeout(reset, FOLLOW_AGAIN_MS)
    return () => clearTimeout(timer)
  }, [status, reset])
}

/** The tags that a changed session contributes to the list of all tags, as a text to compare. */
function tagsOf(change: SessionsChange): string | undefined {
  return change.type === 'deleted' || change.session.archived ? '' : change.session.tags?.join('\n')
}
