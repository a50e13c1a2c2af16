import { useSyncExternalStore } from 'react'
import { language } from '../../language/language.ts'
import { languages } from '../../language/languages.ts'
import type { Language } from '../../language/languages.ts'
import { SelectField } from '../../ui/controls/select-field.tsx'
import { t } from '../../language/t.ts'

/** Each language by its own name, so that people who cannot read the page find theirs. */
const own = Object.entries(languages).map(([value, label]) => ({
  value: value as Language,
  label,
}))

export function LanguageChoice() {
  const value = useSyncExternalStore(language.subscribe, language.choice)
  return (
    <div className="w-64 max-w-full">
      <SelectField
        label={t('Language')}
        value={value}
        options={[{ value: 'system', label: t('As in the browser') }, ...own]}
        onChange={(chosen) => void language.choose(chosen)}
      />
    </div>
  )
}
