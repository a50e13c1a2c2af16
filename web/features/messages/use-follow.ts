import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { RefObject } from 'react'

/** Within this many pixels of the bottom one reads the newest. */
const NEAR = 80
/** Fractions of pixels keep a scroll position from being exactly at the bottom. */
const AT_BOTTOM = 3

export type Follow = {
  /** Whether the newest is in view. */
  isAtLatest: boolean
  /** Whether new text is being followed. */
  isFollowing: () => boolean
  /** Stays at the bottom, if that is where the reader is: to be called whenever something changed its size. */
  keep: () => void
  /** Goes to the bottom and follows from there. */
  engage: () => void
  release: () => void
}

/**
 * Follows a growing conversation as long as its reader does: any move upwards lets go at once, and only reaching the
 * bottom again takes hold. Nothing here is animated: a scroll per token would fight with the reader's own.
 */
export function useFollow(scroller: RefObject<HTMLElement | null>): Follow {
  const following = useRef(true)
  const [isAtLatest, setAtLatest] = useState(true)

  const keep = useCallback(() => {
    const element = scroller.current
    if (!element) return
    if (following.current) element.scrollTop = element.scrollHeight
    setAtLatest(following.current || distance(element) <= NEAR)
  }, [scroller])

  const engage = useCallback(() => {
    following.current = true
    keep()
  }, [keep])

  const release = useCallback(() => {
    following.current = false
  }, [])

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let top = element.scrollTop

    function onScroll(this: HTMLElement): void {
      const movedUp = this.scrollTop < top - 1
      const movedDown = this.scrollTop > top
      top = this.scrollTop
      if (movedDown && distance(this) <= AT_BOTTOM) following.current = true
      // Dragging the scroll bar fires nothing but this.
      else if (movedUp && distance(this) > NEAR) following.current = false
      setAtLatest(distance(this) <= NEAR)
    }
    function onWheel(event: WheelEvent): void {
      if (event.deltaY < 0) release()
    }
    function onKeyDown(event: KeyboardEvent): void {
      if (upKeys.has(event.key) || (event.key === ' ' && event.shiftKey)) release()
    }

    const controller = new AbortController()
    const options = { passive: true, signal: controller.signal }
    element.addEventListener('scroll', onScroll, options)
    element.addEventListener('wheel', onWheel, options)
    element.addEventListener('touchmove', release, options)
    element.addEventListener('keydown', onKeyDown, options)
    const resize = new ResizeObserver(keep)
    resize.observe(element)
    return () => {
      controller.abort()
      resize.disconnect()
    }
  }, [scroller, keep, release])

  const isFollowing = useCallback(() => following.current, [])
  return useMemo(
    () => ({ isAtLatest, isFollowing, keep, engage, release }),
    [isAtLatest, isFollowing, keep, engage, release],
  )
}

const upKeys = new Set(['PageUp', 'Home', 'ArrowUp'])

function distance(element: HTMLElement): number {
  return element.scrollHeight - element.scrollTop - element.clientHeight
}
