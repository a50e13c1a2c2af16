import { useSyncExternalStore } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { pageValue } from '../../page-value.ts'

export type Preset = Outputs['presets']['list'][number]

/** The person's presets, by name. */
export function usePresets(): readonly Preset[] {
  return trpc.presets.list.useQuery(undefined, { retry: 1 }).data ?? []
}

/** The preset of the next new session: until one was begun, or the page is left. */
export const chosenPreset = pageValue<string | null>(() => null)

export function useChosenPreset(): Preset | null {
  const id = useSyncExternalStore(chosenPreset.subscribe, chosenPreset.get)
  return usePresets().find((preset) => preset.id === id) ?? null
}
