import { Check } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { trpc } from '../../client.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { focusFirstItem } from '../../ui/mark-keyboard.ts'
import { useLanguage } from '../../language/language.ts'
import { directionOf } from '../../language/languages.ts'
import { t } from '../../language/t.ts'
import { regenerateClass, RegenerateIcon } from './regenerate-icon.tsx'

/** Opens at once: it is mounted when its button is pressed, and replaces it. */
export default function ModelMenu(props: {
  model: string | null
  disabled: boolean
  /** True where no Regenerate is before it. */
  isAlone: boolean
  home: HTMLElement
  onChoose: (model: string) => void
}) {
  const direction = directionOf(useLanguage())
  const [open, setOpen] = useState(true)
  const { data, error } = trpc.models.list.useQuery(undefined, { retry: 1, enabled: open })
  return (
    <DropdownMenu.Root dir={direction} open={open} onOpenChange={setOpen} modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton
          label={t('Regenerate with…')}
          className={regenerateClass(props.isAlone)}
          disabled={props.disabled}
        >
          <RegenerateIcon isAlone={props.isAlone} />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={props.home}>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          onFocus={focusFirstItem}
          collisionPadding={8}
          className="z-50 max-h-[min(18rem,var(--radix-dropdown-menu-content-available-height))] max-w-[min(22rem,calc(100vw-1rem))] min-w-44 animate-[rise_120ms_ease-out] overflow-y-auto rounded-xl border border-border bg-raised p-1 text-sm text-text shadow-lg"
        >
          <DropdownMenu.Label className="px-2.5 py-1.5 text-xs text-muted">
            {error
              ? t('The models could not be loaded: {reason}', { reason: error.message })
              : data
                ? t('Regenerate with')
                : t('Loading models…')}
          </DropdownMenu.Label>
          {data?.map((model) => (
            <DropdownMenu.Item
              key={model.id}
              onSelect={() => props.onChoose(model.id)}
              className="flex min-h-8 cursor-pointer items-center gap-2 rounded-lg px-2.5 outline-none data-highlighted:bg-hover"
            >
              <span className="min-w-0 flex-1 wrap-anywhere">{model.id}</span>
              {model.default && <span className="text-xs text-muted">{t('default')}</span>}
              {model.id === props.model && (
                <Check aria-label={t('wrote this answer')} size={14} className="text-accent" />
              )}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
