/** The texts of the service worker's notifications, which it shows while no page is open. */
export type PushTexts = { done: string; waits: string; lang: string; dir: 'ltr' | 'rtl' }

/** The cache with the texts: a worker can neither load a catalogue nor know the chosen language. */
export const PUSH_TEXTS = { cache: 'throughline-words', path: '/words/push.json' } as const
