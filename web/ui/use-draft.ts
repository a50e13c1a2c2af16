import { createContext, use, useCallback, useSyncExternalStore } from 'react'

/** What is being written somewhere, by a key. */
export type DraftKeeper = {
  subscribe: (listener: () => void) => () => void
  get: (key: string) => string
  set: (key: string, text: string) => void
}

/** Where forms keep what is written in them. Without a provider nothing is kept, nor can anything be written. */
export const DraftContext = createContext<DraftKeeper>({
  subscribe: () => () => {},
  get: () => '',
  set: () => {},
})

/** A text that is being written in a form: it survives a reload, and its form leaving the page. */
export function useDraft(key: string): [text: string, write: (text: string) => void] {
  const keeper = use(DraftContext)
  const text = useSyncExternalStore(keeper.subscribe, () => keeper.get(key))
  return [text, useCallback((written: string) => keeper.set(key, written), [keeper, key])]
}
