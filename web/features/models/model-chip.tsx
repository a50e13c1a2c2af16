import { ChevronDown } from 'lucide-react'
import { Suspense, lazy, useCallback, useRef, useState } from 'react'
import { loaded } from '../../ui/loaded.ts'
import { t } from '../../language/t.ts'

const ModelPicker = lazy(() => loaded(() => import('./model-picker.tsx')))

/** The model that answers, seen and changed where one types. The list is loaded on first use. */
export function ModelChip(props: {
  /** Null for the server's default. */
  model: string | null
  onChoose: (model: string | null) => void
}) {
  const { model, onChoose } = props
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => setOpen(false), [])
  return (
    <span className="relative flex min-w-0 items-center gap-1 text-xs text-muted">
      <button
        ref={button}
        type="button"
        aria-description={model ?? t('Default model')}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-7 shrink-0 cursor-pointer items-center gap-1 rounded-full px-2.5 transition-colors duration-150 hover:bg-hover hover:text-text"
      >
        {t('Model')}
        <ChevronDown aria-hidden size={12} className="shrink-0" />
      </button>
      <span className="truncate">{model ?? t('Default')}</span>
      {isOpen && (
        <Suspense>
          <ModelPicker
            model={model}
            onLeave={close}
            onClose={() => {
              close()
              button.current?.focus({ preventScroll: true })
            }}
            onChoose={(chosen) => {
              close()
              button.current?.focus({ preventScroll: true })
              onChoose(chosen)
            }}
          />
        </Suspense>
      )}
    </span>
  )
}
