import { createContext, use, useCallback, useEffect, useSyncExternalStore } from 'react'

/** Stores unsent texts by a key. */
export type DraftKeeper = {
  subscribe: (listener: () => void) => () => void
  get: (key: string) => string
  set: (key: string, text: string) => void
}

/** The store of the drafts of forms. Without a provider nothing is stored, and forms are read-only. */
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

/** Deletes drafts whose question is settled: they will not be sent, and may be confidential. */
export function useForgottenDrafts(keys: readonly string[]): void {
  const keeper = use(DraftContext)
  const joined = keys.join(' ')
  useEffect(() => {
    for (const key of joined.split(' ')) {
      if (key !== '' && keeper.get(key) !== '') keeper.set(key, '')
    }
  }, [keeper, joined])
}
