const KEY = 'throughline.sidebar'
const HIDDEN = 'hidden'

const listeners = new Set<() => void>()
let isHidden: boolean | null = null

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) === HIDDEN
  } catch {
    return false
  }
}

/** True when the person hid the list of sessions; it counts on screens that are wide enough for a sidebar. */
export const sidebar = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  isHidden: (): boolean => (isHidden ??= stored()),
  toggle(): void {
    isHidden = !sidebar.isHidden()
    try {
      if (isHidden) localStorage.setItem(KEY, HIDDEN)
      else localStorage.removeItem(KEY)
    } catch {
      // Storage is blocked: the choice lasts until the page is closed.
    }
    for (const listener of listeners) listener()
    // The button that was pressed is gone, and the other one stands for it.
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>('[data-toggles-sidebar]')?.focus(),
    )
  },
}
