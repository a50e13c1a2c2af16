import { useLayoutEffect, useRef } from 'react'
import type { ReactNode } from 'react'

/**
 * A modal dialog, open while it is mounted. The browser's own element keeps the focus inside, makes the rest inert,
 * closes on Escape and gives the focus back.
 */
export function Dialog(props: {
  label: string
  onClose: () => void
  className?: string
  children: ReactNode
}) {
  const ref = useRef<HTMLDialogElement>(null)
  // Closed while it still is in the page: only then does the focus go back to where it was.
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
        // Inside, a click's target is what was clicked; on the backdrop it is the dialog itself.
        if (event.target === ref.current) props.onClose()
      }}
    >
      {props.children}
    </dialog>
  )
}

const centred =
  'm-auto w-[min(26rem,calc(100vw-2rem))] animate-[rise_160ms_ease-out] rounded-2xl border border-border bg-raised p-0 text-text shadow-2xl'
