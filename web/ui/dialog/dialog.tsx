import { createContext, useLayoutEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { lazyPart } from '../loading/lazy-part.tsx'

const UnsavedNotice = lazyPart(() => import('./unsaved-notice.tsx'))

/** Closes the dialog around as Escape does: it asks first where something would be lost. */
export const AskToClose = createContext<() => void>(() => {})

/**
 * A modal dialog that is open while it is mounted. The native element traps the focus, makes the rest inert and restores
 * the focus. Escape, and a click that begins and ends on the backdrop, ask to close it.
 * @param props.isChanged true while something is written in it that would be lost: then it asks before it closes
 */
export function Dialog(props: {
  label: string
  onClose: () => void
  isChanged?: boolean
  className?: string
  children: ReactNode
}) {
  const { onClose, isChanged = false } = props
  const ref = useRef<HTMLDialogElement>(null)
  const isPressedBeside = useRef(false)
  const [isAsking, setAsking] = useState(false)
  // The changes were saved or reverted, so there is nothing to ask until the dialog is closed again.
  if (isAsking && !isChanged) setAsking(false)
  // It must be closed while it is still in the document; otherwise the focus is not restored.
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    // A form that scrolls would be the first thing in it that takes the focus.
    if (document.activeElement instanceof HTMLFormElement) {
      dialog?.querySelector<HTMLElement>('input, textarea, select, button')?.focus()
    }
    return () => dialog?.close()
  }, [])

  function askToClose(): void {
    if (isChanged) setAsking(true)
    else onClose()
  }

  return (
    <dialog
      ref={ref}
      aria-label={props.label}
      className={props.className ?? centred}
      onCancel={(event) => {
        // A file picker within it fires the same event.
        if (event.target !== ref.current) return
        event.preventDefault()
        askToClose()
      }}
      onClose={(event) => {
        const dialog = ref.current
        if (event.target !== dialog || dialog.open) return
        // A browser closes it without asking when Escape is pressed twice, whatever was prevented before.
        askToClose()
        setTimeout(() => {
          if (ref.current === dialog && !dialog.open) dialog.showModal()
        })
      }}
      onKeyDown={(event) => {
        event.stopPropagation()
        const isEscape = event.key === 'Escape' && !event.nativeEvent.isComposing
        if (!isEscape || event.defaultPrevented) return
        event.preventDefault()
        askToClose()
      }}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === ref.current
      }}
      onClick={(event) => {
        // A click on the backdrop has the dialog itself as its target; so has the end of a selection that began within.
        if (event.target === ref.current && isPressedBeside.current) askToClose()
      }}
      // It may be drawn from within the message box, which takes pasted files.
      onPaste={(event) => event.stopPropagation()}
    >
      <AskToClose value={askToClose}>{props.children}</AskToClose>
      {isAsking && isChanged && (
        <UnsavedNotice onDiscard={onClose} onStay={() => setAsking(false)} />
      )}
    </dialog>
  )
}

const centred =
  'm-auto w-[min(26rem,calc(100vw-2rem))] animate-[rise_160ms_ease-out] rounded-2xl border border-border bg-raised p-0 text-text shadow-2xl'
