import { QueryClient } from '@tanstack/react-query'
import { createTRPCReact } from '@trpc/react-query'
import { connect, indexedDbOutboxStorage, uploadTo } from '../shared/client/index.ts'
import { newId } from '../shared/contract/new-id.ts'
import { basePath } from './base-path.ts'
import type { AppRouter, UploadFile } from '../shared/client/index.ts'
import { dropAnswers } from './device/answers.ts'
import { clearDevice, keepOnlyOf } from './device/device.ts'
import { sessionCache } from './device/session-cache.ts'
import { person } from './person.ts'
import { isBecoming, isGuest, personStorage } from './person-storage.ts'

/**
 * Loads the resumable upload when it is first needed: most visits have no file that waits. Where the script cannot be
 * loaded, as when the server has a new build by now, a file goes in one piece.
 */
function uploader(): Promise<UploadFile> {
  return import('./features/messages/composer/attachments/upload-waiting.ts').then(
    ({ uploadWaiting }) => uploadWaiting,
    () => uploadTo(new URL(`${location.origin}${basePath}/`), undefined),
  )
}

/** The only connection of this tab; all requests share its socket. */
export const client = connect({
  url: location.origin + basePath,
  waitForSignIn: true,
  cache: sessionCache,
  outbox: {
    storage: indexedDbOutboxStorage(`throughline-outbox${basePath}`),
    owner: person.get(),
    tab: thisTab(),
    onOwner: (id) => void isHere(id),
    upload: async (...file) => (await uploader())(...file),
  },
})

/** The name of this tab, which a reload does not change. */
function thisTab(): string {
  const key = `throughline.tab${basePath}`
  const made = newId()
  try {
    const kept = sessionStorage.getItem(key)
    if (kept === null) sessionStorage.setItem(key, made)
    return kept ?? made
  } catch {
    // Storage is blocked: then nothing outlives the page.
    return made
  }
}

let hasComeBefore = false
let coming: Promise<void> | null = null

/**
 * The server has named the person. A guest who has become this person keeps everything; otherwise a page with another
 * person's data is left.
 */
export async function isHere(id: string): Promise<void> {
  // The page may be reloaded only after everything was taken over, whichever caller comes first.
  if (coming) return coming
  const { owner } = personStorage
  if (owner !== null && owner !== id) {
    if (isGuest() && person.get() === owner) await (coming = comeAlong(owner, id))
    else person.meetOther()
    return
  }
  personStorage.own(id)
  person.set(id)
  if (!hasComeBefore) void keepOnlyOf(id)
  hasComeBefore = true
}

/** Gives a guest's drafts and unsent messages to the account, and deletes cached data, which is then loaded again. */
async function comeAlong(from: string, to: string): Promise<void> {
  personStorage.handOver(to)
  person.set(to)
  await client.outbox.handOver(from, to)
  await clearDevice()
  location.reload()
}

// The next person who signs in may be another one.
client.login.subscribe(() => {
  if (client.login.getSnapshot() !== 'signed-out') return
  if (!isBecoming()) person.set(null)
  sessionCache.dropAll()
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
