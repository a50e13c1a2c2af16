import { useLayoutEffect, useRef } from 'react'
import type { ReactNode } from 'react'

/**
 * A modal dialog that is open while it is mounted. The native element traps the focus, makes the rest inert, closes on
 * Escape and restores the focus.
 */
export function Dialog(props: {
  label: string
  onClose: () => void
  className?: string
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  // It must be closed while it is still in the document; otherwise the focus is not restored.
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      aria-label={props.label}
      className={props.className ?? centred}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => {
        // A click on the backdrop has the dialog itself as its target.
        if (event.target === ref.current) props.onClose()
      }}
    >
      {props.children}
    </dialog>
  )
}

const centred =
  'm-auto w-[min(26rem,calc(100vw-2rem))] animate-[rise_160ms_ease-out] rounded-2xl border border-border bg-raised p-0 text-text shadow-2xl'
