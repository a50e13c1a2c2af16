// Serves the app where the server cannot be reached. Pages are asked of the server first, so that nobody gets an old app
// while there is a new one; files that are named by a hash of their content come from here. Nothing else is touched:
// what people say is not in these caches.

import { isNews, isShown, keptTexts, leadTo, notificationOf, toldIn } from './push.ts'

// TypeScript has the types of a page or of a worker, and this is one file beside a page.
type Extended = Event & { waitUntil(work: Promise<unknown>): void }
type Fetching = Extended & { request: Request; respondWith(response: Promise<Response>): void }
type Pushed = Extended & { data: { text(): string } | null }
type Clicked = Extended & { notification: { data: unknown; close(): void } }
type Shown = { data: unknown }
type Page = {
  url: string
  visibilityState: string
  focus(): Promise<Page>
  navigate(url: string): Promise<unknown>
  postMessage(message: unknown, ports: MessagePort[]): void
}
type Worker = {
  addEventListener(type: 'install' | 'activate', listener: (event: Extended) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
  skipWaiting(): Promise<void>
  addEventListener(type: 'push', listener: (event: Pushed) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
  registration: {
    showNotification(title: string, options: object): Promise<void>
    getNotifications(filter: { tag: string }): Promise<Shown[]>
  }
  clients: {
    claim(): Promise<void>
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<Page[]>
    openWindow(url: string): Promise<unknown>
  }
}
const worker = globalThis as unknown as Worker

/** A worker of another build is another file, which browsers notice. */
const BUILD: string = import.meta.env.VITE_BUILD
/** The server's path on its host: this file lies beside its page (BASE_PATH). */
const BASE = new URL('.', location.href).pathname.slice(0, -1)
const PREFIX = `app${BASE}-`
const CACHE = PREFIX + BUILD
/** After this time without an answer, the network counts as away. Milliseconds. */
const PATIENCE_MS = 4_000
/** An open page that does not answer by then is an old one, or not drawn; milliseconds. */
const ANSWERS_WITHIN_MS = 1_000

worker.addEventListener('install', (event) => {
  event.waitUntil(install())
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(activate())
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate') {
    if (isPage(pathname)) event.respondWith(page(request))
  } else if (pathname.startsWith(`${BASE}/assets/`)) {
    event.respondWith(asset(request))
  }
})

let telling = Promise.resolve()

worker.addEventListener('push', (event) => {
  const text = event.data?.text() ?? ''
  // Notifications are handled one after the other: of two equal ones, the second finds the record of the first.
  telling = telling.then(() => tell(text)).catch(() => undefined)
  event.waitUntil(telling)
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

/** Shows a notification, unless a visible page shows the event itself. */
async function tell(text: string): Promise<void> {
  const told = toldIn(text)
  if (told === null || (await pages()).some((page) => page.visibilityState === 'visible')) return
  const texts = await keptTexts(BASE).catch(() => undefined)
  const { title, ...options } = notificationOf(told, texts)
  if (isShown(told, await worker.registration.getNotifications({ tag: options.tag }))) return
  if (!(await isNews(told, BASE).catch(() => true))) return
  await worker.registration.showNotification(title, { ...options, icon: `${BASE}/icon-192.png` })
}

async function open(data: unknown): Promise<void> {
  const { sessionId }: { sessionId?: unknown } = Object(data)
  const id = typeof sessionId === 'string' ? sessionId : null
  const path = id === null ? `${BASE}/` : `${BASE}/s/${id}`
  await leadTo(
    await pages(),
    { path, sessionId: id },
    { isApp: isPage, ask, openWindow: (at) => worker.clients.openWindow(at) },
  )
}

function ask(page: Page, message: object): Promise<unknown> {
  const { port1: here, port2: there } = new MessageChannel()
  return new Promise((resolve) => {
    here.onmessage = ({ data }) => resolve(data)
    setTimeout(() => resolve(null), ANSWERS_WITHIN_MS)
    page.postMessage(message, [there])
  })
}

function pages(): Promise<Page[]> {
  return worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
}

async function install(): Promise<void> {
  const answer = await fetch(`${BASE}/build.json`, { cache: 'no-store' })
  const { build, files } = (await answer.json()) as { build: string; files: string[] }
  // The server was replaced in between; its own worker comes next.
  if (build !== BUILD) throw new Error('This is not the build of the server')
  const cache = await caches.open(CACHE)
  await cache.addAll(['/', ...files].map((path) => BASE + path))
  await worker.skipWaiting()
}

/** Pages of the build before may still be open, and ask for their files. */
async function activate(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX))
  const others = names.filter((name) => name !== CACHE)
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)))
  await worker.clients.claim()
}

async function page(request: Request): Promise<Response> {
  const fallback = async (): Promise<Response | undefined> => {
    const cache = await caches.open(CACHE)
    return cache.match(`${BASE}/`)
  }
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    const known = await fallback()
    if (known === undefined) throw error
    return known
  }
}

async function asset(request: Request): Promise<Response> {
  // Files are stored by requests without an origin, and asked for with one. They are the same for every origin.
  const known = await caches.match(request, { ignoreVary: true })
  if (known !== undefined) return known
  const response = await fetch(request)
  if (response.ok) {
    const cache = await caches.open(CACHE)
    await cache.put(request, response.clone())
  }
  return response
}

/** True when the path is a page of the app. */
function isPage(pathname: string): boolean {
  const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : ''
  return /^\/($|s\/|p\/|usage$|settings$|admin$)/.test(path)
}
