import type { KeyboardEvent } from 'react'

const CONTROLS = 'a[href], button, input, select, summary, textarea, [tabindex]'

/**
 * Moves the focus from the conversation itself to the first control in view, or the next one below it. The browser's own
 * Tab leads to the first row that is drawn, which may be far above the view.
 */
export function tabIntoView(event: KeyboardEvent<HTMLElement>): void {
  const scroller = event.currentTarget
  const isTab = event.key === 'Tab' && !event.shiftKey && !event.ctrlKey && !event.altKey
  if (!isTab || event.target !== scroller) return
  const { top } = scroller.getBoundingClientRect()
  const next = [...scroller.querySelectorAll<HTMLElement>(CONTROLS)].find(
    (control) =>
      control.tabIndex >= 0 &&
      !control.matches(':disabled') &&
      control.checkVisibility({ visibilityProperty: true }) &&
      control.getBoundingClientRect().top >= top,
  )
  if (!next) return
  event.preventDefault()
  next.focus()
}
