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

/** Null for what is none of ours. */
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

/** In the language of the app's pages, which keep it for here. */
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

/** True for a place in the log that is not beyond what a notification of the same tag shows. */
export function isShown(told: Told, shown: readonly { data: unknown }[]): boolean {
  return shown.some(({ data }) => {
    const { seq }: { seq?: unknown } = Object(data)
    return typeof seq === 'number' && seq >= told.seq
  })
}

/** Of so many sessions it is known which place was told last. */
const MOST_PLACES = 200

/**
 * Notes that a place in a session's log is told. A push service may deliver twice, or in another order, and by then the
 * notification may have been put away.
 * @returns false for one that is not beyond what was told before
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
 * Leads to a session: in the page that shows it, else in another one of the app, which goes there by itself and loses
 * nothing of what is on it. One that does not answer is loaded again.
 * @param path where the session is
 * @param does.isApp whether the app draws what is at a path, and not only somebody's shared link
 * @param does.ask what a page answers to a message; null when it does not
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
