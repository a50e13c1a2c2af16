import { useEffect } from 'react'

/**
 * Calls back on Escape, unless an inner element handled the key: a menu, a dialog, the search, or an input method's
 * composition.
 */
export function useEscape(callback: (() => void) | null): void {
  useEffect(() => {
    if (!callback) return
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
      if (document.querySelector('dialog[open]') || event.target instanceof HTMLInputElement) return
      callback()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [callback])
}
