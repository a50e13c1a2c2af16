import { useDeferredValue, useEffect, useEffectEvent, useMemo, useState } from 'react'
import type { RefObject } from 'react'
import type { AppMessage } from '../../../../shared/client/index.ts'
import { useSession } from '../../../../shared/react/index.ts'
import type { OlderMessages } from '../conversation/use-older-messages.ts'
import { onOwnScroll } from '../conversation/hold-position.ts'
import { findPlaces } from './matches.ts'
import { markFound, markPlace, unmark } from './mark-found.ts'

const NONE: readonly AppMessage[] = []
/** The longest wait until a message that was scrolled to is drawn. */
const PATIENCE_MS = 3_000

/**
 * Search within a session, also in messages that are not rendered, and in older ones, which it loads.
 *
 * @param scroller the element that scrolls the conversation
 * @param bringNear scrolls to a message that is not rendered
 */
export function useFind(
  sessionId: string,
  older: OlderMessages,
  scroller: RefObject<HTMLElement | null>,
  bringNear: (messageId: string) => void,
) {
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const sought = useDeferredValue(words)
  const messages = useSession(sessionId, ({ state }) => state?.messages ?? NONE)
  const places = useMemo(
    () => findPlaces([...older.messages, ...messages], sought),
    [older.messages, messages, sought],
  )
  const index = Math.min(at, Math.max(0, places.length - 1))
  const place = places[index]

  useEffect(() => {
    if (sought !== '' && older.hasMore) older.load()
  }, [sought, older])

  const show = useEffectEvent((messageId: string, nth: number): (() => void) => {
    const began = performance.now()
    let request = requestAnimationFrame(look)
    function look(): void {
      const root = scroller.current
      const message = root?.querySelector(`[data-message="${messageId}"]`)
      if (!root) return
      if (!message) bringNear(messageId)
      markFound(root, sought)
      const range = message ? markPlace(message, sought, nth) : null
      const element = range?.startContainer.parentElement ?? message
      element?.scrollIntoView({ block: 'center' })
      const isThere =
        element && Math.abs(middleOf(element) - middleOf(root)) < root.clientHeight / 2
      if (!isThere && performance.now() - began < PATIENCE_MS) request = requestAnimationFrame(look)
      else end()
    }
    const ending = new AbortController()
    function end(): void {
      cancelAnimationFrame(request)
      ending.abort()
    }
    if (scroller.current) onOwnScroll(scroller.current, end, ending.signal)
    return end
  })
  const messageId = place?.messageId
  const nth = place?.index ?? 0
  useEffect(
    () => (messageId === undefined ? unmark() : show(messageId, nth)),
    [messageId, nth, sought],
  )
  useEffect(() => unmark, [])

  return {
    words,
    index,
    count: places.length,
    isLoading: words !== '' && older.hasMore && older.problem === null,
    /** Older messages could not be loaded, and are not searched. */
    isPartial: words !== '' && older.problem !== null,
    setWords(next: string): void {
      setWords(next)
      setAt(0)
    },
    move(step: number): void {
      if (places.length > 0) setAt((index + step + places.length) % places.length)
    },
  }
}

function middleOf(element: Element): number {
  const { top, bottom } = element.getBoundingClientRect()
  return (top + bottom) / 2
}
