import { useSyncExternalStore } from 'react'
import { bestLanguage, directionOf, isLanguage, regionalTag } from './languages.ts'
import type { Language } from './languages.ts'
import { i18n } from './t.ts'
import { keepChoice, keptChoice } from '../device/choices.ts'
import { Listeners } from '../../shared/client/store.ts'

const KEY = 'throughline.language'

const catalogues = {
  de: () => import('./catalogues/de.json'),
  es: () => import('./catalogues/es.json'),
  fr: () => import('./catalogues/fr.json'),
  ja: () => import('./catalogues/ja.json'),
  ar: () => import('./catalogues/ar.json'),
}

const listeners = new Listeners()
let chosen: Language | 'system' = 'system'
let current: Language = 'en'
/** The number of the newest request; the results of older ones are dropped. */
let asked = 0

/** The language of this browser: the first of its own that there is, unless the person chose one. */
export const language = {
  subscribe: listeners.add,
  /** The language in which the page is shown. */
  get: (): Language => current,
  /** The person's choice. */
  choice: (): Language | 'system' => chosen,
  async choose(value: Language | 'system'): Promise<void> {
    keepChoice(KEY, value === 'system' ? null : value)
    await apply(value)
  },
}

/** Applies the stored choice, and follows changes in other tabs and of the browser. Resolves when the words are there. */
export function startLanguage(): Promise<void> {
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) void apply(stored())
  })
  addEventListener('languagechange', () => void apply(chosen))
  return apply(stored())
}

/** Renders a component again in another language; its children follow. */
export function useLanguage(): Language {
  return useSyncExternalStore(language.subscribe, language.get, language.get)
}

function stored(): Language | 'system' {
  const value = keptChoice(KEY)
  return isLanguage(value) ? value : 'system'
}

async function apply(choice: Language | 'system'): Promise<void> {
  const own = ++asked
  chosen = choice
  const wanted = choice === 'system' ? bestLanguage(navigator.languages) : choice
  // Set at once before the first render, so that the page is laid out only once.
  if (listeners.size === 0) layOut(wanted)
  const messages = await messagesOf(wanted)
  if (own !== asked) return
  current = messages ? wanted : 'en'
  i18n.loadAndActivate({
    locale: current,
    locales: [regionalTag(current, navigator.languages)],
    messages: messages ?? {},
  })
  layOut(current)
  listeners.notify()
  // The texts for notifications are not urgent.
  setTimeout(() => void keepTexts(current), 2_000)
}

async function keepTexts(of: Language): Promise<void> {
  if (of !== current) return
  try {
    const { keepPushTexts } = await import('./push-texts.ts')
    await keepPushTexts(of)
  } catch {
    // Without a network the worker keeps its previous texts.
  }
}

/** Null where they cannot be loaded: English is always there. */
async function messagesOf(of: Language): Promise<Record<string, string> | null> {
  if (of === 'en') return {}
  try {
    const { default: messages } = await catalogues[of]()
    return messages
  } catch {
    return null
  }
}

function layOut(of: Language): void {
  const { documentElement: root } = document
  root.lang = of
  root.dir = directionOf(of)
}
