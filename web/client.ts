import { QueryClient } from '@tanstack/react-query'
import { createTRPCReact } from '@trpc/react-query'
import { connect, indexedDbOutboxStorage } from '../shared/client/index.ts'
import { basePath } from './base-path.ts'
import type { AppRouter } from '../shared/client/index.ts'
import { dropAnswers } from './device/answers.ts'
import { clearDevice, keepOnlyOf } from './device/device.ts'
import { dropSessions, sessionCache } from './device/session-cache.ts'
import { person } from './person.ts'
import { isGuest, personStorage } from './person-storage.ts'

/** The only connection of this tab; all requests share its socket. */
export const client = connect({
  url: location.origin + basePath,
  waitForSignIn: true,
  cache: sessionCache,
  outbox: {
    storage: indexedDbOutboxStorage(`throughline-outbox${basePath}`),
    owner: person.get(),
    onOwner: (id) => void isHere(id),
    // Most visits have no file that waits.
    upload: async (...file) =>
      (await import('./features/messages/composer/upload-waiting.ts')).uploadWaiting(...file),
  },
})

let hasComeBefore = false

/**
 * The server has said who is here. A guest who has become a person of the server takes everything along; of anybody else
 * than before, this page has nothing to show.
 */
export async function isHere(id: string): Promise<void> {
  const { owner } = personStorage
  if (owner !== null && owner !== id) {
    if (isGuest() && person.get() === owner) await comeAlong(owner, id)
    else person.meetOther()
    return
  }
  personStorage.own(id)
  person.set(id)
  if (!hasComeBefore) void keepOnlyOf(id)
  hasComeBefore = true
}

/** What a guest typed and has not sent becomes the account's; what this browser keeps of the server's is asked for anew. */
async function comeAlong(from: string, to: string): Promise<void> {
  personStorage.handOver(to)
  person.set(to)
  await client.outbox.handOver(from, to)
  await clearDevice()
  location.reload()
}

// Whoever signs in next may be somebody else.
client.login.subscribe(() => {
  if (client.login.getSnapshot() !== 'signed-out') return
  person.set(null)
  dropSessions()
  dropAnswers()
  // Not every system has one.
  navigator.clearAppBadge?.().catch(() => undefined)
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
