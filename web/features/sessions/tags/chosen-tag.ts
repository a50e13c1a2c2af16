import { useSyncExternalStore } from 'react'

let chosen: string | null = null
const listeners = new Set<() => void>()

/** The tag whose sessions alone the list shows, until another is chosen or the page is left; null for all sessions. */
export const chosenTag = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): string | null => chosen,
  set(tag: string | null): void {
    chosen = tag
    for (const listener of listeners) listener()
  },
}

export function useChosenTag(): string | null {
  return useSyncExternalStore(chosenTag.subscribe, chosenTag.get)
}
