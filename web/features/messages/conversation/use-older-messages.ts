import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useSession, useThroughline } from '../../../../shared/react/index.ts'

const PAGE_SIZE = 50

export type OlderMessages = {
  /** Oldest first; they come before all messages of the session's live state. */
  messages: readonly AppMessage[]
  byId: ReadonlyMap<string, AppMessage>
  hasMore: boolean
  load: () => void
}

/** The messages of a long session before its snapshot, loaded page by page as the reader scrolls up. */
export function useOlderMessages(sessionId: string): OlderMessages {
  const { api } = useThroughline()
  const first = useSession(sessionId, ({ state }) =>
    state?.hasOlder ? state.messages[0]?.id : undefined,
  )
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: ['older-messages', sessionId, first],
    enabled: false,
    initialPageParam: first,
    queryFn: ({ pageParam, signal }) =>
      api.messages.list.query({ sessionId, before: pageParam, limit: PAGE_SIZE }, { signal }),
    getNextPageParam: (page) => (page.hasOlder ? page.messages[0]?.id : undefined),
  })
  return useMemo(() => {
    const messages = (data?.pages ?? []).toReversed().flatMap((page) => page.messages)
    const hasMore = first !== undefined && (data === undefined || hasNextPage)
    return {
      messages,
      byId: new Map(messages.map((message) => [message.id, message])),
      hasMore,
      load: () => {
        if (hasMore && !isFetching) void fetchNextPage()
      },
    }
  }, [data, first, hasNextPage, isFetching, fetchNextPage])
}
