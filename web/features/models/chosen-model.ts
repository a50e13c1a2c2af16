import { useSyncExternalStore } from 'react'
import { keepChoice, keptChoice } from '../../device/choices.ts'
import { pageValue } from '../../page-value.ts'

const KEY = 'throughline.model'
const chosen = pageValue(() => keptChoice(KEY))

/** The model of new sessions in this browser; null for the server's default. */
export const chosenModel = {
  subscribe: chosen.subscribe,
  get: chosen.get,
  set(model: string | null): void {
    keepChoice(KEY, model)
    chosen.set(model)
  },
}

export function useChosenModel(): string | null {
  return useSyncExternalStore(chosen.subscribe, chosen.get)
}
