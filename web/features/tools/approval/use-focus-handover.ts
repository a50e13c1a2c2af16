import { useLayoutEffect } from 'react'
import type { RefObject } from 'react'

/** Gives a card the focus when a focused form in it disappears. */
export function useFocusHandover(form: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = form.current
    const card = element?.closest<HTMLElement>('[role=group]')
    return () => {
      if (element?.contains(document.activeElement)) card?.focus({ preventScroll: true })
    }
  }, [form])
}
