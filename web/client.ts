import { QueryClient } from '@tanstack/react-query'
import { createTRPCReact } from '@trpc/react-query'
import { basePath } from './base-path.ts'
import { connect } from '../shared/client/index.ts'
import type { AppRouter } from '../shared/client/index.ts'

/** The only connection of this tab; all requests share its socket. */
export const client = connect({ url: location.origin + basePath, waitForSignIn: true })

/** Queries and mutations other than the live sessions, for components. */
export const trpc = createTRPCReact<AppRouter>()

export const queryClient = new QueryClient({
  defaultOptions: {
    // Changes are pushed and a reconnection refetches, so data does not become stale by time or focus.
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
