import { useCallback, useSyncExternalStore } from 'react'
import { drafts } from './page-drafts.ts'

/** A text that is being written somewhere: it survives a reload, and its box leaving the page. */
export function useDraft(key: string): [text: string, write: (text: string) => void] {
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.get(key))
  return [text, useCallback((written: string) => drafts.set(key, written), [key])]
}
