export type Theme = 'system' | 'light' | 'dark'

const KEY = 'throughline.theme'
/** The page's background in each theme, for the bars that a browser draws around it. */
const barColours = { light: '#faf9f7', dark: '#131110' }

const listeners = new Set<() => void>()
let current: Theme = 'system'

/** The theme of this browser: what the system has, unless somebody chose. */
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
      // Storage is forbidden: the choice lives as long as the page.
    }
    apply(value)
  },
}

/** Shows what was chosen before, and follows what another tab chooses. */
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
  // The style sheet sets the scheme by it; every colour is a pair, of which the scheme takes one.
  document.documentElement.dataset.theme = value
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light'
    meta.content = barColours[value === 'system' ? own : value]
  }
  for (const listener of listeners) listener()
}
