import { QueryClient } from '@tanstack/react-query'
import { createTRPCReact } from '@trpc/react-query'
import { connect, indexedDbOutboxStorage } from '../shared/client/index.ts'
import { basePath } from './base-path.ts'
import type { AppRouter } from '../shared/client/index.ts'
import { uploadWaiting } from './features/messages/composer/upload-waiting.ts'
import { keepOnlyOf } from './device/device.ts'
import { dropSessions, sessionCache } from './device/session-cache.ts'
import { person } from './person.ts'

/** The only connection of this tab; all requests share its socket. */
export const client = connect({
  url: location.origin + basePath,
  waitForSignIn: true,
  cache: sessionCache,
  outbox: {
    storage: indexedDbOutboxStorage(`throughline-outbox${basePath}`),
    owner: person.get(),
    onOwner: isHere,
    upload: uploadWaiting,
  },
})

function isHere(id: string): void {
  const isNew = person.get() !== id
  person.set(id)
  if (isNew) void keepOnlyOf(id)
}

// Whoever signs in next may be somebody else.
client.login.subscribe(() => {
  if (client.login.getSnapshot() !== 'signed-out') return
  person.set(null)
  dropSessions()
})

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
