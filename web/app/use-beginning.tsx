import { EyeOff } from 'lucide-react'
import { useState } from 'react'
import type { NewSession } from '../../shared/client/index.ts'
import { ModelChip } from '../features/models/model-chip.tsx'
import { PresetChoice } from '../features/presets/preset-choice.tsx'
import { useChosenPreset } from '../features/presets/use-presets.ts'
import { chooseNextModel, forgetChoices, useNextModel } from './choose-model.ts'
import { t } from '../language/t.ts'

/** What the next session begins with, and the choices of it below the message box. */
export function useBeginning() {
  const preset = useChosenPreset()
  const model = useNextModel(preset)
  const [isTemporary, setTemporary] = useState(false)
  const session: NewSession = {
    model,
    ...(preset?.instructions && { systemPrompt: preset.instructions }),
    ...(preset && preset.toolsOff.length > 0 && { toolsOff: preset.toolsOff }),
    ...(isTemporary && { temporary: true }),
  }
  const choices = (
    <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-1">
      <ModelChip model={model} onChoose={chooseNextModel} />
      <PresetChoice />
      <button
        type="button"
        aria-pressed={isTemporary}
        title={t('Deleted when you leave it')}
        onClick={() => setTemporary(!isTemporary)}
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
    begun: forgetChoices,
  }
}
