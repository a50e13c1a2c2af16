import { useState } from 'react'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'
import { regenerateClass, RegenerateIcon } from './regenerate-icon.tsx'

const ModelMenu = lazyPart(() => import('./model-menu.tsx'))

/** The button that opens the list of models for regenerating an answer. The menu is loaded on first use. */
export function RegenerateWith(props: {
  model: string | null
  disabled: boolean
  /** True where no Regenerate is before it. */
  isAlone: boolean
  onChoose: (model: string) => void
}) {
  const [home, setHome] = useState<HTMLElement | null>(null)
  const button = (
    <IconButton
      label={t('Regenerate with…')}
      className={regenerateClass(props.isAlone)}
      disabled={props.disabled}
      onClick={({ currentTarget }) => setHome(currentTarget.closest('main') ?? document.body)}
    >
      <RegenerateIcon isAlone={props.isAlone} />
    </IconButton>
  )
  return home ? <ModelMenu {...props} fallback={button} home={home} /> : button
}
