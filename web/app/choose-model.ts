import { useSyncExternalStore } from 'react'
import { useChosenModel, chosenModel } from '../features/models/chosen-model.ts'
import { chosenPreset } from '../features/presets/use-presets.ts'
import type { Preset } from '../features/presets/use-presets.ts'
import { nextModel } from './next-model.ts'
import type { Own } from './next-model.ts'
import { pageValue } from '../page-value.ts'

/** The model that was chosen after an assistant, for the one session that begins with it. */
const own = pageValue<Own | null>(() => null)

/** The model of the next session: the latest choice wins, and an assistant's model does not become the default. */
export function useNextModel(preset: Pick<Preset, 'id' | 'model'> | null): string | null {
  const chosen = useChosenModel()
  return nextModel(preset, useSyncExternalStore(own.subscribe, own.get), chosen)
}

export function chooseNextModel(model: string | null): void {
  const presetId = chosenPreset.get()
  if (presetId === null) chosenModel.set(model)
  own.set(presetId === null ? null : { presetId, model })
}

/** After a session was begun, the next one begins without an assistant and without the model that was chosen for it. */
export function forgetChoices(): void {
  own.set(null)
  chosenPreset.set(null)
}
