// Web Push notifications (server/push), which are shown while no page is visible.

import type { PUSH_TEXTS as PagesPushTexts, PushTexts } from '../language/push-texts-place.ts'

/**
 * The cache of the texts, repeated here: a file that pages and worker share would make the worker a module, which not
 * every browser starts. A test compares the two.
 */
export const PUSH_TEXTS: typeof PagesPushTexts = {
  cache: 'throughline-words',
  path: '/words/push.json',
}

export type Told = { sessionId: string; seq: number; kind: 'done' | 'waits'; title: string | null }

/** Reads a notification; null for data that is not ours. */
export function toldIn(text: string): Told | null {
  try {
    const { sessionId, seq, kind, title }: Partial<Told> = Object(JSON.parse(text))
    if (typeof sessionId !== 'string' || typeof seq !== 'number') return null
    if (kind !== 'done' && kind !== 'waits') return null
    return { sessionId, seq, kind, title: typeof title === 'string' ? title : null }
  } catch {
    return null
  }
}

/** The texts until the app's pages have stored those of their language. */
const english: PushTexts = {
  done: 'The answer is there.',
  waits: 'A tool waits for you.',
  lang: 'en',
  dir: 'ltr',
}

/** The texts that a page of this browser has stored; undefined when none has. */
export async function keptTexts(basePath: string): Promise<PushTexts | undefined> {
  const kept = await caches.match(basePath + PUSH_TEXTS.path, {
    cacheName: PUSH_TEXTS.cache + basePath,
  })
  return (await kept?.json()) as PushTexts | undefined
}

/** The same as a page in the background shows: the tag lets one take the place of the other. */
export function notificationOf({ sessionId, seq, kind, title }: Told, texts: PushTexts = english) {
  return {
    title: title ?? 'Throughline',
    body: texts[kind],
    lang: texts.lang,
    dir: texts.dir,
    tag: `${sessionId} ${kind}`,
    data: { sessionId, seq },
  }
}

/** True when a notification of the same tag shows this place of the log or a later one. */
export function isShown(told: Told, shown: readonly { data: unknown }[]): boolean {
  return shown.some(({ data }) => {
    const { seq }: { seq?: unknown } = Object(data)
    return typeof seq === 'number' && seq >= told.seq
  })
}

/** The number of sessions whose last notified place is remembered. */
const MOST_PLACES = 200

/**
 * Records the place of a notification in a session's log. A push service may deliver twice or in another order, and the
 * notification may have been closed by then.
 *
 * @returns false when the place is not after the last one
 */
export async function isNews({ sessionId, seq }: Told, basePath: string): Promise<boolean> {
  const cache = await caches.open(PUSH_TEXTS.cache + basePath)
  const folder = `${basePath}/told/`
  const before = await cache.match(folder + sessionId)
  if (before !== undefined && Number(await before.text()) >= seq) return false
  // The newest is the last of the keys.
  await cache.delete(folder + sessionId)
  await cache.put(folder + sessionId, new Response(String(seq)))
  const places = (await cache.keys()).filter(({ url }) => new URL(url).pathname.startsWith(folder))
  await Promise.all(places.slice(0, -MOST_PLACES).map((place) => cache.delete(place)))
  return true
}

/** The part of `WindowClient` that is used. `url` is the address at load time; later navigations do not change it. */
export type OpenPage = {
  readonly url: string
  focus(): Promise<unknown>
  navigate(url: string): Promise<unknown>
}

/**
 * Opens a session: in the page that shows it, or in another page of the app, which navigates without losing state. A
 * page that does not answer is loaded again.
 *
 * @param path of the session
 * @param does.isApp true for a path of the app, false for somebody's shared link
 * @param does.ask the answer of a page to a message; null without one
 */
export async function leadTo<Page extends OpenPage>(
  pages: readonly Page[],
  { path, sessionId }: { path: string; sessionId: string | null },
  does: {
    isApp: (path: string) => boolean
    ask: (page: Page, message: object) => Promise<unknown>
    openWindow: (path: string) => Promise<unknown>
  },
): Promise<void> {
  const own = pages.filter(({ url }) => does.isApp(new URL(url).pathname))
  const said = own.length > 1 ? own.map((page) => does.ask(page, { shows: sessionId })) : []
  const page = own[(await Promise.all(said)).indexOf('shown')] ?? own[0]
  if (!page) return void (await does.openWindow(path))
  await page.focus()
  if (sessionId !== null && (await does.ask(page, { open: sessionId })) !== null) return
  await page.navigate(path)
}
