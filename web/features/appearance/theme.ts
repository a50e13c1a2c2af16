import { keepChoice, keptChoice } from '../../device/choices.ts'
import { pageValue } from '../../page-value.ts'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'throughline.theme'
/** The page's background colour in each theme, for the browser's own toolbars. */
const barColours = { light: '#faf9f7', dark: '#131110' }

const current = pageValue<Theme>(() => 'system')

/** The theme of this browser: the system's, unless the user chose one. */
export const theme = {
  subscribe: current.subscribe,
  get: current.get,
  set(value: Theme): void {
    keepChoice(KEY, value === 'system' ? null : value)
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
  const value = keptChoice(KEY)
  return value === 'light' || value === 'dark' ? value : 'system'
}

function apply(value: Theme): void {
  // The style sheet derives the color scheme from this attribute; every colour is defined for both schemes.
  document.documentElement.dataset.theme = value
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light'
    meta.content = barColours[value === 'system' ? own : value]
  }
  current.set(value)
}
