import { useEffect, useState } from 'react'
import { onOpenFind } from './open-find.ts'
import type { FindProps } from './find-bar.tsx'
import { lazyPart } from '../../../ui/loading/lazy-part.tsx'

const FindBar = lazyPart(() => import('./find-bar.tsx'))

/** Ctrl F in a conversation. */
export function FindInSession(props: FindProps) {
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const isFind = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f'
      if (!isFind || event.altKey || event.shiftKey) return
      const box = document.querySelector<HTMLInputElement>('[data-find]')
      // Pressed again in the box, the keys open the browser's own search.
      if (document.querySelector('dialog[open]') || (box && box === document.activeElement)) return
      event.preventDefault()
      setOpen(true)
      box?.select()
    }
    document.addEventListener('keydown', onKeyDown)
    const leave = onOpenFind(() => setOpen(true))
    return () => {
      document.removeEventListener('keydown', onKeyDown)
      leave()
    }
  }, [])
  return isOpen && <FindBar {...props} onClose={() => setOpen(false)} />
}
