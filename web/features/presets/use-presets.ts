import { useSyncExternalStore } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'

export type Preset = Outputs['presets']['list'][number]

/** The person's presets, by name. */
export function usePresets(): readonly Preset[] {
  return trpc.presets.list.useQuery(undefined, { retry: 1 }).data ?? []
}

let chosen: string | null = null
const listeners = new Set<() => void>()

/** The preset of the next new session: until one was begun, or the page is left. */
export const chosenPreset = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): string | null => chosen,
  set(id: string | null): void {
    chosen = id
    for (const listener of listeners) listener()
  },
}

export function useChosenPreset(): Preset | null {
  const id = useSyncExternalStore(chosenPreset.subscribe, chosenPreset.get)
  return usePresets().find((preset) => preset.id === id) ?? null
}
