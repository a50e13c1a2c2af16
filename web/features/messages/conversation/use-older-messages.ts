import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import type { InfiniteData } from '@tanstack/react-query'
import { useCallback, useEffect, useEffectEvent, useMemo } from 'react'
import type { AppMessage, Outputs } from '../../../../shared/client/index.ts'
import { useConnection, useSession, useThroughline } from '../../../../shared/react/index.ts'
import { changedIn, isWorthAsking } from './older-pages.ts'

const PAGE_SIZE = 50
const KEY = 'older-messages'

export type OlderMessages = {
  /** Oldest first; they come before all messages of the session's live state. */
  messages: readonly AppMessage[]
  byId: ReadonlyMap<string, AppMessage>
  hasMore: boolean
  isLoading: boolean
  /** The reason why the last page failed. Until `retry`, `load` does nothing: it would ask with every scroll. */
  problem: string | null
  load: () => void
  retry: () => void
}

/** The messages of a long session before its snapshot, loaded page by page as the reader scrolls up. */
export function useOlderMessages(sessionId: string): OlderMessages {
  const { api } = useThroughline()
  const { status } = useConnection()
  const first = useSession(sessionId, ({ state }) =>
    state?.hasOlder ? state.messages[0]?.id : undefined,
  )
  const query = useInfiniteQuery({
    queryKey: [KEY, sessionId, first],
    enabled: false,
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      api.messages.list.query({ sessionId, before: pageParam, limit: PAGE_SIZE }, { signal }),
    getNextPageParam: (page) => (page.hasOlder ? page.messages[0]?.id : undefined),
  })
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = query
  const isFailed = !isFetching && (query.isFetchNextPageError || (error !== null && !data))
  const older = useMemo(() => {
    const messages = (data?.pages ?? []).toReversed().flatMap((page) => page.messages)
    const hasMore = first !== undefined && (data === undefined || hasNextPage)
    const retry = () => {
      if (hasMore && !isFetching) void fetchNextPage()
    }
    return {
      messages,
      byId: new Map(messages.map((message) => [message.id, message])),
      hasMore,
      isLoading: hasMore && isFetching,
      problem: hasMore && isFailed ? (error?.message ?? '') : null,
      load: () => {
        if (!isFailed) retry()
      },
      retry,
    }
  }, [data, error, first, hasNextPage, isFailed, isFetching, fetchNextPage])

  const { retry } = older
  useEffect(() => {
    if (isFailed && status === 'connected') retry()
    // Retries once when the connection is back, and not after each failure.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [status])

  // The log has no events for changes of messages that this reader has loaded as older ones.
  const lookAgain = useEffectEvent((awayMs: number) => {
    const pages = data?.pages.length ?? 0
    if (isWorthAsking({ awayMs, pages, isFetching })) void refetch({ cancelRefetch: false })
  })
  useEffect(() => {
    let leftAt = Date.now()
    const look = (): void => {
      if (document.visibilityState === 'visible') lookAgain(Date.now() - leftAt)
      else leftAt = Date.now()
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return older
}

type Pages = InfiniteData<Outputs['messages']['list']>

/** Shows a change of an older message at once, because no event reports it. */
export function useChangeOlder(sessionId: string) {
  const client = useQueryClient()
  return useCallback(
    (id: string, change: Partial<AppMessage>) => {
      client.setQueriesData<Pages>({ queryKey: [KEY, sessionId] }, (data) =>
        changedIn(data, id, change),
      )
    },
    [client, sessionId],
  )
}
