import { X } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { SyntheticEvent } from 'react'
import { createPortal } from 'react-dom'
import { t } from '../../language/t.ts'
import { Button } from '../controls/button.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { tell } from './notice.ts'
import type { Notice } from './notice.ts'

const SHOWN_MS = 8_000
const SAID_MS = 1_600

/** A notice at the foot of the page, or above an open dialog. */
export default function NoticeView({ notice }: { notice: Notice }) {
  const { text, isQuiet = false, action } = notice
  const view = useRef<HTMLDivElement>(null)
  const [said, setSaid] = useState('')
  const [isHeld, setHeld] = useState(false)
  useEffect(() => {
    // In the top layer, so that no dialog covers it.
    if (view.current?.isConnected && 'showPopover' in view.current) view.current.showPopover()
    // A text is announced when it comes into an element that is there already.
    const saying = setTimeout(() => setSaid(text))
    return () => clearTimeout(saying)
  }, [notice, text])
  useEffect(() => {
    if (isHeld) return undefined
    const timer = setTimeout(() => tell(null), isQuiet ? SAID_MS : SHOWN_MS)
    return () => clearTimeout(timer)
  }, [notice, isQuiet, isHeld])
  useLayoutEffect(() => {
    const shown = view.current
    const before = document.activeElement
    return () => {
      const isFocused = shown?.contains(document.activeElement) ?? false
      if (isFocused && before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])
  const hold = ({ currentTarget }: SyntheticEvent<HTMLElement>) =>
    setHeld(currentTarget.matches(':hover, :focus-within'))
  // A modal dialog makes everything outside of it inert.
  const [home] = useState(() => [...document.querySelectorAll('dialog[open]')].at(-1))
  return createPortal(
    <div
      ref={view}
      popover="manual"
      // Its button does not go away from who is about to press it.
      onPointerEnter={hold}
      onPointerLeave={hold}
      onFocus={hold}
      onBlur={hold}
      className={
        isQuiet
          ? 'sr-only'
          : 'fixed inset-x-0 top-auto bottom-24 mx-auto flex w-fit max-w-[90vw] animate-[rise_140ms_ease-out] items-center gap-2 rounded-xl border border-border bg-raised py-1.5 ps-4 pe-1.5 text-sm text-text shadow-lg not-open:hidden'
      }
    >
      <p role={isQuiet ? 'status' : 'alert'} className="min-w-0 wrap-anywhere">
        <bdi>{said}</bdi>
      </p>
      {action && (
        <Button
          onClick={() => {
            action.run()
            tell(null)
          }}
        >
          {action.name}
        </Button>
      )}
      {!isQuiet && (
        <IconButton label={t('Close')} onClick={() => tell(null)}>
          <X aria-hidden size={15} />
        </IconButton>
      )}
    </div>,
    home ?? document.body,
  )
}
