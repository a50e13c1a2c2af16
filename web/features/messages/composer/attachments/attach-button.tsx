import { Paperclip } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ChangeEvent } from 'react'
import { useMediaQuery } from '../../../../ui/use-media-query.ts'
import { t } from '../../../../language/t.ts'

/** Opens the file picker. On phones and tablets, where a camera is at hand, that is the other choice. */
export function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const picker = useRef<HTMLInputElement>(null)
  const camera = useRef<HTMLInputElement>(null)
  const place = useRef<HTMLDivElement>(null)
  const hasCamera = useMediaQuery('(pointer: coarse)')
  const [isOpen, setOpen] = useState(false)

  useEffect(() => {
    if (!isOpen) return
    const close = ({ target }: Event): void => {
      if (!(target instanceof Node && place.current?.contains(target))) setOpen(false)
    }
    addEventListener('pointerdown', close)
    addEventListener('focusin', close)
    return () => {
      removeEventListener('pointerdown', close)
      removeEventListener('focusin', close)
    }
  }, [isOpen])

  const take = ({ target }: ChangeEvent<HTMLInputElement>): void => {
    onFiles([...(target.files ?? [])])
    target.value = ''
  }
  const choose = (input: HTMLInputElement | null): void => {
    setOpen(false)
    input?.click()
  }

  return (
    <div
      ref={place}
      className="relative shrink-0"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return
        event.stopPropagation()
        setOpen(false)
        place.current?.querySelector('button')?.focus()
      }}
    >
      <input ref={picker} type="file" multiple hidden data-testid="file-picker" onChange={take} />
      <input
        ref={camera}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        data-testid="camera"
        onChange={take}
      />
      <button
        type="button"
        aria-label={t('Attach files')}
        title={t('Attach files')}
        aria-expanded={hasCamera ? isOpen : undefined}
        onClick={() => (hasCamera ? setOpen(!isOpen) : picker.current?.click())}
        className="grid size-9 cursor-pointer place-items-center rounded-full text-muted transition-colors duration-150 hover:bg-hover hover:text-text"
      >
        <Paperclip aria-hidden size={17} />
      </button>
      {isOpen && (
        <div className="absolute start-0 bottom-full z-10 mb-2 grid w-max rounded-xl border border-border bg-raised p-1 shadow-lg">
          {[
            { label: t('Take a photo'), input: camera },
            { label: t('Choose files'), input: picker },
          ].map(({ label, input }) => (
            <button
              key={label}
              type="button"
              onClick={() => choose(input.current)}
              className="min-h-11 cursor-pointer rounded-lg px-4 text-start text-sm hover:bg-hover"
            >
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
