import { QueryClient } from '@tanstack/react-query'
import { createTRPCReact } from '@trpc/react-query'
import { connect } from '../shared/client/index.ts'
import type { AppRouter } from '../shared/client/index.ts'

/** The one connection of this tab: everything goes over its socket. */
export const client = connect()

/** Queries and mutations beside the live sessions, for components. */
export const trpc = createTRPCReact<AppRouter>()

export const queryClient = new QueryClient({
  defaultOptions: {
    // Changes are pushed, and a reconnect refetches: nothing becomes stale by time or focus alone.
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
