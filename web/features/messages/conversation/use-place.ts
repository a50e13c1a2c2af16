import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { RefObject } from 'react'
import type { CacheSnapshot, VirtualizerHandle } from 'virtua'
import { holdPosition } from './hold-position.ts'
import type { Hold } from './hold-position.ts'
import { places } from './places.ts'
import type { Turn } from './turns.ts'
import type { Follow } from './use-follow.ts'
import type { OlderMessages } from './use-older-messages.ts'

/**
 * Keeps a reader's place in a session and restores it: at once after a visit of another session, and after a reload as
 * soon as the turn is loaded.
 *
 * @param isLed true when the URL names a message, which has precedence
 * @returns the heights of all rows, if they are known from an earlier visit
 */
export function usePlace(of: {
  sessionId: string
  isLed: boolean
  turns: readonly Turn[]
  older: OlderMessages
  follow: Follow
  scroller: RefObject<HTMLElement | null>
  virtualizer: RefObject<VirtualizerHandle | null>
}): CacheSnapshot | undefined {
  const { sessionId, turns, older, follow, scroller, virtualizer } = of
  const { release, isFollowing } = follow
  const [known] = useState(() => {
    const left = places.measured(sessionId)
    return !of.isLed && left?.count === turns.length ? left : undefined
  })
  const [wanted] = useState(() => (of.isLed || known ? undefined : places.stored(sessionId)))
  const isOver = useRef(false)
  const hold = useRef<Hold>(undefined)
  useEffect(() => () => hold.current?.(), [])

  useEffect(() => {
    if (!known) return
    release()
    if (scroller.current) scroller.current.scrollTop = known.offset
  }, [known, release, scroller])

  const index = wanted ? turns.findIndex(({ key }) => key === wanted.turn) : -1
  const canLoad = older.hasMore && older.problem === null
  // Earlier messages that come meanwhile move the turn on.
  const place = useEffectEvent((): boolean => {
    const start = virtualizer.current?.getItemOffset(index)
    if (!scroller.current || !wanted || start === undefined) return false
    scroller.current.scrollTop = start + wanted.offset
    return true
  })
  useEffect(() => {
    if (!wanted || isOver.current) return
    if (index !== -1) {
      release()
      if (scroller.current) hold.current = holdPosition(scroller.current, () => place())
    } else if (canLoad) {
      return older.load()
    }
    // It is there, or it is on another branch now.
    isOver.current = true
  }, [wanted, index, canLoad, older, release, scroller])

  useEffect(() => {
    const handle = virtualizer.current
    const keep = (): void => {
      const top = handle?.scrollOffset ?? 0
      const at = handle?.findItemIndex(top) ?? -1
      const turn = turns[at]?.key
      if (!handle || isFollowing() || turn === undefined) return places.delete(sessionId)
      const place = { turn, offset: top - handle.getItemOffset(at) }
      places.set(sessionId, place, { count: turns.length, offset: top, cache: handle.cache })
    }
    addEventListener('pagehide', keep)
    return () => {
      removeEventListener('pagehide', keep)
      keep()
    }
  }, [sessionId, turns, isFollowing, virtualizer])

  return known?.cache
}
