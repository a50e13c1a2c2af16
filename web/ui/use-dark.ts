import { useSyncExternalStore } from 'react'

const system = '(prefers-color-scheme: dark)'

/** True while the page is dark, for drawings that cannot take their colours from the style sheet. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark, () => false)
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset
  return theme === 'dark' || (theme !== 'light' && matchMedia(system).matches)
}

function subscribe(listener: () => void): () => void {
  const media = matchMedia(system)
  media.addEventListener('change', listener)
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => {
    media.removeEventListener('change', listener)
    observer.disconnect()
  }
}
