import { ChevronDown } from 'lucide-react'
import { useCallback, useRef, useState } from 'react'
import { trpc } from '../../client.ts'
import { lazyPart } from '../../ui/loading/lazy-part.tsx'
import { t } from '../../language/t.ts'

const ModelPicker = lazyPart(() => import('./model-picker.tsx'))

/** The model that answers, seen and changed where one types. The list to choose from is drawn on first use. */
export function ModelChip(props: {
  /** Null for the server's default. */
  model: string | null
  onChoose: (model: string | null) => void
}) {
  const { model, onChoose } = props
  const [isOpen, setOpen] = useState(false)
  // Until the models are listed, and where they cannot be, the default has no name.
  const { data } = trpc.models.list.useQuery(undefined, { retry: 1, enabled: model === null })
  const standard = data?.find((one) => one.default)?.id
  const button = useRef<HTMLButtonElement>(null)
  const close = useCallback(() => setOpen(false), [])
  return (
    <span className="relative flex min-w-0 items-center text-xs text-muted">
      <button
        ref={button}
        type="button"
        aria-description={
          model ?? (standard ? t('{model} (default)', { model: standard }) : t('Default model'))
        }
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-7 min-w-0 cursor-pointer items-center gap-1.5 rounded-full px-2.5 transition-colors duration-150 hover:bg-hover hover:text-text"
      >
        {t('Model')}
        {/* Not of its name, by which it is found; its description has it. */}
        <span aria-hidden className="truncate text-text">
          {model ?? standard ?? t('Default')}
        </span>
        {model === null && standard && (
          <span aria-hidden className="shrink-0">
            {t('default')}
          </span>
        )}
        <ChevronDown aria-hidden size={12} className="shrink-0" />
      </button>
      {isOpen && (
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
      )}
    </span>
  )
}
