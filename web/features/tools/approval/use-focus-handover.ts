import { useLayoutEffect } from 'react'
import type { RefObject } from 'react'

/** When a focused form disappears, its card takes the focus, so that the focus is not lost. */
export function useFocusHandover(form: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = form.current
    const card = element?.closest<HTMLElement>('[role=group]')
    return () => {
      if (element?.contains(document.activeElement)) card?.focus({ preventScroll: true })
    }
  }, [form])
}
