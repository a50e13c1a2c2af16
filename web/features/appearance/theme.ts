export type Theme = 'system' | 'light' | 'dark'

const KEY = 'throughline.theme'
/** The page's background colour in each theme, for the browser's own toolbars. */
const barColours = { light: '#faf9f7', dark: '#131110' }

const listeners = new Set<() => void>()
let current: Theme = 'system'

/** The theme of this browser: the system's, unless the user chose one. */
export const theme = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): Theme => current,
  set(value: Theme): void {
    try {
      if (value === 'system') localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, value)
    } catch {
      // Storage is blocked: the choice lasts until the page is closed.
    }
    apply(value)
  },
}

/** Applies the stored choice, and follows changes in other tabs. */
export function startTheme(): void {
  apply(stored())
  addEventListener('storage', ({ key }) => {
    if (key === KEY || key === null) apply(stored())
  })
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

function apply(value: Theme): void {
  current = value
  // The style sheet derives the color scheme from this attribute; every colour is defined for both schemes.
  document.documentElement.dataset.theme = value
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light'
    meta.content = barColours[value === 'system' ? own : value]
  }
  for (const listener of listeners) listener()
}
