import { ChevronDown } from 'lucide-react'
import { Suspense, lazy, useState } from 'react'

const ModelPicker = lazy(() => import('./model-picker.tsx'))

/** The model that answers, seen and changed where one types. The list is loaded on first use. */
export function ModelChip(props: {
  /** Null for the server's default. */
  model: string | null
  onChoose: (model: string | null) => void
}) {
  const { model, onChoose } = props
  const [isOpen, setOpen] = useState(false)
  return (
    <span className="relative min-w-0">
      <button
        type="button"
        aria-label="Model"
        aria-description={model ?? 'Default model'}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        title={`Model: ${model ?? 'the default'}`}
        onClick={() => setOpen(!isOpen)}
        className="flex min-h-7 max-w-full cursor-pointer items-center gap-1 rounded-full px-2.5 text-xs text-muted transition-colors duration-150 hover:bg-hover hover:text-text"
      >
        <span className="truncate">{model ?? 'Default model'}</span>
        <ChevronDown aria-hidden size={12} className="shrink-0" />
      </button>
      {isOpen && (
        <Suspense>
          <ModelPicker
            model={model}
            onClose={() => setOpen(false)}
            onChoose={(chosen) => {
              setOpen(false)
              onChoose(chosen)
            }}
          />
        </Suspense>
      )}
    </span>
  )
}
