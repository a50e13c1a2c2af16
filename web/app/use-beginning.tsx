import { EyeOff } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import type { NewSession } from '../../shared/client/index.ts'
import type { Beginning } from '../features/messages/composer/drafts/beginnings.ts'
import { beginnings } from '../features/messages/composer/drafts/page-drafts.ts'
import { ModelChip } from '../features/models/model-chip.tsx'
import { PresetChoice } from '../features/presets/preset-choice.tsx'
import { chosenPreset, useChosenPreset, usePresets } from '../features/presets/use-presets.ts'
import type { Preset } from '../features/presets/use-presets.ts'
import { chooseNextModel, forgetChoices, useNextModel } from './choose-model.ts'
import { t } from '../language/t.ts'

/**
 * The settings of the next session (preset, model, …), and the controls below the message box that change them.
 * @param box the message box
 */
export function useBeginning(box: string) {
  const presets = usePresets()
  const chosen = useChosenPreset()
  // The settings of a message that has come back to the box, or from before a reload.
  const kept = useSyncExternalStore(beginnings.subscribe, () => beginnings.get(box))
  const preset = chosen ?? presetOf(kept, presets)
  const next = useNextModel(preset)
  const model = chosen === null ? (kept.model ?? next) : next
  const isTemporary = kept.temporary ?? false
  useEffect(() => {
    beginnings.tidy(box)
    return () => beginnings.tidy(box)
  }, [box])
  const { systemPrompt, toolsOff } = preset
    ? { systemPrompt: preset.instructions, toolsOff: preset.toolsOff }
    : kept
  const session: NewSession = {
    model,
    ...(systemPrompt && { systemPrompt }),
    ...(toolsOff && toolsOff.length > 0 && { toolsOff }),
    ...(isTemporary && { temporary: true }),
  }
  const choices = (
    <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-1">
      <ModelChip model={model} onChoose={(id) => chooseModelOf(box, presets, id)} />
      <PresetChoice
        chosen={preset}
        onChoose={(id) => {
          beginnings.set(box, { temporary: isTemporary })
          chosenPreset.set(id)
        }}
      />
      <button
        type="button"
        aria-pressed={isTemporary}
        title={t('Deleted when you leave it')}
        onClick={() => beginnings.set(box, { ...kept, temporary: !isTemporary })}
        className="ms-auto flex min-h-7 cursor-pointer items-center gap-1.5 rounded-full px-2.5 text-xs text-muted transition-colors duration-150 hover:bg-hover hover:text-text aria-pressed:bg-accent-soft aria-pressed:text-accent"
      >
        <EyeOff aria-hidden size={13} />
        {t('Temporary')}
      </button>
    </div>
  )
  return {
    session,
    preset,
    isTemporary,
    choices,
    /** Called when a session was begun: the next one begins without these choices. */
    begun() {
      beginnings.set(box, {})
      forgetChoices()
    },
  }
}

/** The next session of a box is deleted when it is left. */
export function makeTemporary(box: string): void {
  beginnings.set(box, { ...beginnings.get(box), temporary: true })
}

/** Chooses the model of the next session of a box; null for the server's default. */
export function chooseModelOf(box: string, presets: readonly Preset[], model: string | null): void {
  const kept = beginnings.get(box)
  const chosen = presets.find(({ id }) => id === chosenPreset.get())
  const preset = chosen ?? presetOf(kept, presets)
  beginnings.set(box, { ...kept, model: null })
  // It is chosen after the assistant that the message had.
  if (preset) chosenPreset.set(preset.id)
  chooseNextModel(model)
}

/** The preset that was chosen for a session, if it has not changed since. */
function presetOf(
  { systemPrompt, toolsOff }: Beginning,
  presets: readonly Preset[],
): Preset | null {
  if (!systemPrompt && !toolsOff) return null
  const isSame = (preset: Preset): boolean =>
    (preset.instructions ?? '') === (systemPrompt ?? '') &&
    preset.toolsOff.join() === (toolsOff ?? []).join()
  return presets.find(isSame) ?? null
}
