/** What the service worker says of an answer while no page is open. */
export type PushTexts = { done: string; waits: string; lang: string; dir: 'ltr' | 'rtl' }

/** Where it finds them: a worker can neither load a catalogue nor know what was chosen. */
export const PUSH_TEXTS = { cache: 'throughline-words', path: '/words/push.json' } as const
