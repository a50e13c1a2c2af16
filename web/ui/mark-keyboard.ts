import type { FocusEvent } from 'react'

let isByKey = false

/**
 * Marks the page while it is used by keyboard. Browsers show the focus of a clicked text box as if it came from the
 * keyboard, which the mark corrects.
 */
export function markKeyboard(): void {
  const { dataset } = document.documentElement
  const options = { capture: true }
  addEventListener(
    'keydown',
    ({ key }) => {
      isByKey = true
      if (key === 'Tab') dataset['keys'] = ''
    },
    options,
  )
  addEventListener(
    'pointerdown',
    () => {
      isByKey = false
      delete dataset['keys']
    },
    options,
  )
}

/**
 * For a menu that is mounted open: it cannot know that a key opened it, and then its first item has the focus. To be
 * called when the menu itself gets the focus.
 */
export function focusFirstItem({ target, currentTarget }: FocusEvent<HTMLElement>): void {
  if (target !== currentTarget || !isByKey) return
  currentTarget.querySelector<HTMLElement>('[role=menuitem]')?.focus()
}
