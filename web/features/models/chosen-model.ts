import { useSyncExternalStore } from 'react'

const KEY = 'throughline.model'
const listeners = new Set<() => void>()
let chosen: string | null | undefined

/** The model of new sessions in this browser; null for the server's default. */
export const chosenModel = { subscribe, get, set }

export function useChosenModel(): string | null {
  return useSyncExternalStore(subscribe, get)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function get(): string | null {
  if (chosen === undefined) {
    try {
      chosen = localStorage.getItem(KEY)
    } catch {
      chosen = null
    }
  }
  return chosen
}

function set(model: string | null): void {
  chosen = model
  try {
    if (model === null) localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, model)
  } catch {
    // Storage is blocked: the choice lasts until the page is closed.
  }
  for (const listener of listeners) listener()
}
