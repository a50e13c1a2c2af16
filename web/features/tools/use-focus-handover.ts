import { useLayoutEffect } from 'react'
import type { RefObject } from 'react'

/** When a form that holds the focus goes away, the card that it stood in takes it, and does not let the reader get lost. */
export function useFocusHandover(form: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = form.current
    const card = element?.closest<HTMLElement>('[role=group]')
    return () => {
      if (element?.contains(document.activeElement)) card?.focus({ preventScroll: true })
    }
  }, [form])
}
