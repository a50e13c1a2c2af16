import { useEffect, useEffectEvent } from 'react'

/** The modifier key of shortcuts on this platform. */
export const modifier = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

export type Shortcut = 'palette' | 'new-session' | 'message-box' | 'shortcuts' | 'print' | 'sidebar'

/** Keyboard shortcuts of all pages; a single letter works only outside of text fields. */
export function useShortcuts(onShortcut: (shortcut: Shortcut) => void): void {
  const tell = useEffectEvent(onShortcut)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return
      const shortcut = shortcutOf(event)
      if (shortcut === null) return
      event.preventDefault()
      tell(shortcut)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])
}

function shortcutOf(event: KeyboardEvent): Shortcut | null {
  const isHeld = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (isHeld && !event.altKey) {
    if (key === 'k' && !event.shiftKey) return 'palette'
    // The browser would print what is in view of the session, and no more.
    if (key === 'p' && !event.shiftKey && location.pathname.includes('/s/')) return 'print'
    if (key === 's' && event.shiftKey) return 'sidebar'
    return key === 'o' && event.shiftKey ? 'new-session' : null
  }
  if (event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return null
  if (key === '?') return 'shortcuts'
  return key === '/' ? 'message-box' : null
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=radio]), textarea, select'))
  )
}
