// What the server tells this device while no page is in view (server/push).

import type { PUSH_TEXTS as PagesPushTexts, PushTexts } from '../language/push-texts-place.ts'

/**
 * Where the pages keep the texts: said here again, since a file that pages and worker share would make the worker a
 * module, which not every browser starts. A test compares.
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
  waits: 'A tool waits for your approval.',
  lang: 'en',
  dir: 'ltr',
}

/** What the pages of this browser have kept; undefined where there is nothing. */
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

/**
 * The page that shows a session: one that has it open already, else another one of the app; undefined when there is none.
 * @param path where the session is
 * @param isApp whether the app draws what is at a path, and not only somebody's shared link
 */
export function pageFor<Page extends { url: string }>(
  pages: readonly Page[],
  path: string,
  isApp: (path: string) => boolean,
): Page | undefined {
  const pathOf = ({ url }: Page): string => new URL(url).pathname
  return pages.find((page) => pathOf(page) === path) ?? pages.find((page) => isApp(pathOf(page)))
}
