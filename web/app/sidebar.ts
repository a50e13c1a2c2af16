import { keepChoice, keptChoice } from '../device/choices.ts'
import { pageValue } from '../page-value.ts'

const KEY = 'throughline.sidebar'
const HIDDEN = 'hidden'

const hidden = pageValue(() => keptChoice(KEY) === HIDDEN)

/** True when the person hid the list of sessions; it counts on screens that are wide enough for a sidebar. */
export const sidebar = {
  subscribe: hidden.subscribe,
  isHidden: hidden.get,
  toggle(): void {
    const isHidden = !hidden.get()
    keepChoice(KEY, isHidden ? HIDDEN : null)
    hidden.set(isHidden)
    // The pressed button is gone, and the focus goes to the button that replaces it.
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('[data-toggles-sidebar]')?.focus(),
    )
  },
}
