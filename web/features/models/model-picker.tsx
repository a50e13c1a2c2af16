import { Check } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { trpc } from '../../client.ts'
import { t } from '../../language/t.ts'
import { formatPrice } from '../../language/amounts.ts'

type Model = {
  id: string
  default: boolean
  contextWindow?: number | undefined
  usdPerMillionTokens?: { input: number; output: number } | undefined
}

/** The list of models with a search, above its button. */
export default function ModelPicker(props: {
  model: string | null
  onChoose: (model: string | null) => void
  /** Called when it is closed by a key. */
  onClose: () => void
  /** The focus or the pointer has gone elsewhere. */
  onLeave: () => void
}) {
  const { model, onChoose, onClose, onLeave } = props
  const id = useId()
  const panel = useRef<HTMLDivElement>(null)
  const [typed, setTyped] = useState('')
  const [index, setIndex] = useState(0)
  const { data, error } = trpc.models.list.useQuery(undefined, { retry: 1 })
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = (data ?? []).filter((one) =>
    words.every((word) => one.id.toLowerCase().includes(word)),
  )
  const active = shown[Math.min(index, shown.length - 1)]

  useEffect(() => {
    const onPointerDown = ({ target }: PointerEvent): void => {
      const around = panel.current?.parentElement
      if (target instanceof Node && !around?.contains(target)) onLeave()
    }
    document.addEventListener('pointerdown', onPointerDown)
    return () => document.removeEventListener('pointerdown', onPointerDown)
  }, [onLeave])
  useEffect(() => {
    panel.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [active?.id])

  const choose = (one: Model) => onChoose(one.default ? null : one.id)

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    switch (event.key) {
      case 'Escape':
        onClose()
        break
      case 'Enter':
        // Also without an active model, because the key would otherwise submit the form of the message box.
        if (active) choose(active)
        break
      case 'Tab':
        if (!event.shiftKey) return
        onClose()
        break
      case 'ArrowDown':
        setIndex(Math.min(index + 1, shown.length - 1))
        break
      case 'ArrowUp':
        setIndex(Math.max(index - 1, 0))
        break
      default:
        return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div
      ref={panel}
      role="dialog"
      aria-label={t('Choose a model')}
      onBlur={({ relatedTarget }) => {
        // Without a target, the window has lost the focus, or one of the models was pressed.
        // The button before it closes it by itself.
        if (relatedTarget && !panel.current?.parentElement?.contains(relatedTarget)) onLeave()
      }}
      className="absolute bottom-full start-0 z-30 mb-1.5 w-[min(23rem,calc(100vw-2rem))] animate-[rise_120ms_ease-out] rounded-2xl border border-border bg-raised text-sm text-text shadow-xl"
    >
      <input
        role="combobox"
        aria-label={t('Search models')}
        aria-expanded
        aria-controls={`${id}list`}
        aria-activedescendant={active ? `${id}${active.id}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        autoFocus
        spellCheck={false}
        placeholder={t('Search models…')}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value)
          setIndex(0)
        }}
        onKeyDown={onKeyDown}
        className="h-11 w-full rounded-t-2xl border-b border-border bg-transparent px-4 text-base outline-none placeholder:text-muted"
      />
      <div
        id={`${id}list`}
        role="listbox"
        aria-label={t('Models')}
        className="max-h-[min(20rem,50dvh)] overflow-y-auto p-1.5"
      >
        {shown.map((one, place) => (
          <div
            key={one.id}
            id={`${id}${one.id}`}
            role="option"
            aria-selected={one === active}
            onPointerMove={() => setIndex(place)}
            onClick={() => choose(one)}
            className="flex min-h-9 cursor-pointer items-center gap-2 rounded-lg px-2.5 py-1 aria-selected:bg-hover"
          >
            <span className="min-w-0 flex-1">
              <span className="block wrap-anywhere">{one.id}</span>
              <span className="block text-xs text-muted">{factsOf(one)}</span>
            </span>
            {(model === null ? one.default : one.id === model) && (
              <Check aria-label={t('chosen')} size={14} className="shrink-0 text-accent" />
            )}
          </div>
        ))}
      </div>
      <p role="status" className={shown.length > 0 ? 'sr-only' : 'px-4 pb-3 text-muted'}>
        {error
          ? t('The models could not be loaded: {reason}', { reason: error.message })
          : !data
            ? t('Loading models…')
            : shown.length === 0
              ? t('No model has this name.')
              : ''}
      </p>
    </div>
  )
}

function factsOf(model: Model): string {
  const { contextWindow, usdPerMillionTokens: price } = model
  return [
    model.default ? t('default') : null,
    contextWindow === undefined
      ? null
      : t('reads {count, number} tokens', { count: contextWindow }),
    price
      ? t('{input} in, {output} out per million tokens', {
          input: formatPrice(price.input),
          output: formatPrice(price.output),
        })
      : null,
  ]
    .filter((fact) => fact !== null)
    .join(' · ')
}
