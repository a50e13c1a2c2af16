import { useSyncExternalStore } from 'react'
import { pageValue } from '../../../page-value.ts'

/** The tag whose sessions alone the list shows, until another is chosen or the page is left; null for all sessions. */
export const chosenTag = pageValue<string | null>(() => null)

export function useChosenTag(): string | null {
  return useSyncExternalStore(chosenTag.subscribe, chosenTag.get)
}
