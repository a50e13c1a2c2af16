import { usePresets } from './use-presets.ts'
import type { Preset } from './use-presets.ts'
import { t } from '../../language/t.ts'

/** The choice of the next session's assistant; nothing while there is none. */
export function PresetChoice(props: {
  chosen: Preset | null
  onChoose: (id: string | null) => void
}) {
  const { chosen, onChoose } = props
  const presets = usePresets()
  if (presets.length === 0) return null
  return (
    <select
      aria-label={t('Assistant')}
      value={chosen?.id ?? ''}
      onChange={({ target }) => onChoose(target.value === '' ? null : target.value)}
      className={`min-h-7 max-w-44 cursor-pointer truncate rounded-full bg-transparent px-2 text-base transition-colors duration-150 hover:bg-hover hover:text-text md:text-xs ${chosen ? 'text-accent' : 'text-muted'}`}
    >
      <option value="">{t('No assistant')}</option>
      {presets.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
}
