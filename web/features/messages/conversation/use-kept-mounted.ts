import { useEffect, useState } from 'react'
import type { RefObject } from 'react'
import type { KeptRange } from './kept-rows.ts'

/**
 * The turns that stay mounted at any scroll position: those with the focus and with the selection. Otherwise typing and
 * selections there would be lost.
 *
 * @returns their first and last keys, as in the attribute `data-turn`
 */
export function useKeptMounted(scroller: RefObject<HTMLElement | null>): readonly KeptRange[] {
  const [kept, setKept] = useState<readonly KeptRange[]>([])
  useEffect(() => {
    const look = (): void => {
      const selection = document.getSelection()
      const ranges = [[document.activeElement], [selection?.anchorNode, selection?.focusNode]]
        .map((ends) => turnsOfNodes(scroller.current, ends))
        .filter((ends) => ends.length > 0)
      setKept((before) => (before.join(' ') === ranges.join(' ') ? before : ranges))
    }
    const controller = new AbortController()
    // Without a selection, the focus alone changes no selection.
    for (const type of ['selectionchange', 'focusin', 'focusout']) {
      document.addEventListener(type, look, { signal: controller.signal })
    }
    return () => controller.abort()
  }, [scroller])
  return kept
}

function turnsOfNodes(
  scroller: HTMLElement | null,
  nodes: readonly (Node | null | undefined)[],
): string[] {
  const keys = nodes.flatMap((node) => {
    if (!node || !scroller?.contains(node)) return []
    const element = node instanceof Element ? node : node.parentElement
    return element?.closest<HTMLElement>('[data-turn]')?.dataset.turn ?? []
  })
  return [...new Set(keys)]
}
