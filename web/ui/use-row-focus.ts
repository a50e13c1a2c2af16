import { useEffect, useLayoutEffect, useRef } from 'react'
import type { RefObject } from 'react'

/**
 * Keeps the focus in a list whose rows can be removed by a button in them: it moves to the same button of the row that
 * takes the removed one's place.
 * @param count the number of rows
 * @param otherwise gets the focus when no row is left; the element around the list by default
 * @returns the list's ref
 */
export function useRowFocus(
  count: number,
  otherwise?: () => void,
): RefObject<HTMLUListElement | null> {
  const list = useRef<HTMLUListElement>(null)
  const last = useRef<{ row: number; button: number; home: HTMLElement | null } | null>(null)

  useEffect(() => {
    const onFocusIn = ({ target }: FocusEvent): void => {
      const rows = [...(list.current?.children ?? [])]
      const row = rows.findIndex((one) => target instanceof Node && one.contains(target))
      const button = buttonsIn(rows[row]).findIndex((one) => one === target)
      last.current = row < 0 ? null : { row, button, home: list.current?.parentElement ?? null }
    }
    document.addEventListener('focusin', onFocusIn)
    return () => document.removeEventListener('focusin', onFocusIn)
  }, [])

  useLayoutEffect(() => {
    const { activeElement } = document
    const isLost = activeElement === document.body || activeElement?.nodeName === 'DIALOG'
    if (last.current === null || !isLost) return
    const { row, button, home } = last.current
    const buttons = buttonsIn(list.current?.children[Math.min(row, count - 1)])
    const next = buttons[Math.min(button, buttons.length - 1)]
    if (next) {
      next.focus({ preventScroll: true })
    } else if (otherwise) {
      otherwise()
    } else {
      home?.setAttribute('tabindex', '-1')
      home?.focus({ preventScroll: true })
    }
    // With the number of rows: only then one has gone.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [count])
  return list
}

function buttonsIn(row: Element | undefined): HTMLElement[] {
  return [...(row?.querySelectorAll<HTMLElement>('button') ?? [])]
}
