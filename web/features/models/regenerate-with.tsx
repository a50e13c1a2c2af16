import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'

const ModelMenu = lazyPart(() => import('./model-menu.tsx'))

/** The button that opens the list of models for regenerating an answer. The menu is loaded on first use. */
export function RegenerateWith(props: {
  model: string | null
  disabled: boolean
  onChoose: (model: string) => void
}) {
  const [home, setHome] = useState<HTMLElement | null>(null)
  const button = (
    <IconButton
      label={t('Regenerate with…')}
      className="-ms-2 w-6"
      disabled={props.disabled}
      onClick={({ currentTarget }) => setHome(currentTarget.closest('main') ?? document.body)}
    >
      <ChevronDown aria-hidden size={13} />
    </IconButton>
  )
  return home ? <ModelMenu {...props} fallback={button} home={home} /> : button
}
