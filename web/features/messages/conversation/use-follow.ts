import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { RefObject } from 'react'
import { scrollInnerBox } from './inner-box.ts'

/** Within this many pixels of the bottom, the reader counts as reading the newest message. */
const NEAR_BOTTOM_PX = 80
/** Tolerance in pixels, because fractional scroll positions never reach the bottom exactly. */
const AT_BOTTOM_PX = 3

export type Follow = {
  /** True when the newest message is in view. */
  isAtLatest: boolean
  /** Returns true while the view scrolls along with new text. */
  isFollowing: () => boolean
  /** Stays at the bottom if the reader is there; must be called after every change of size. */
  keep: () => void
  /** Scrolls to the bottom and follows from there. */
  engage: () => void
  release: () => void
}

/**
 * Scrolls along with a growing conversation while the reader is at its end: any upward scroll stops it at once, and
 * only reaching the bottom resumes it. Scrolling is not animated, because an animation per token would interfere with
 * the reader's own scrolling.
 */
export function useFollow(scroller: RefObject<HTMLElement | null>): Follow {
  const following = useRef(true)
  /** The last measured distance from the bottom of the view to the end of the conversation. Pixels. */
  const apart = useRef(0)
  const [isAtLatest, setAtLatest] = useState(true)

  const keep = useCallback(() => {
    const element = scroller.current
    if (!element) return
    if (following.current) element.scrollTop = element.scrollHeight
    // The event of the reader's own scrolling may come later, and needs the position before it.
    apart.current = Math.max(following.current ? 0 : apart.current, distance(element))
    setAtLatest(following.current || distance(element) <= NEAR_BOTTOM_PX)
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
      const left = distance(this)
      // The list scrolls too, by as much as rows above the view turn out higher, and `keep` does. Their events come
      // later than they, but only the reader comes nearer to the end.
      const movedDown = this.scrollTop > top && left < apart.current - 1
      top = this.scrollTop
      apart.current = left
      if (movedDown && left <= AT_BOTTOM_PX) following.current = true
      // Dragging the scroll bar fires only this event.
      else if (movedUp && left > NEAR_BOTTOM_PX) following.current = false
      setAtLatest(left <= NEAR_BOTTOM_PX)
    }
    function onWheel(event: WheelEvent): void {
      if (event.deltaY < 0) release()
    }
    function onKeyDown(event: KeyboardEvent): void {
      // In an editor within the conversation they move the caret.
      if (isEditable(event.target) || !element) return
      if (!event.defaultPrevented && scrollInnerBox(event, element)) return event.preventDefault()
      // The end of a growing answer has moved on when the browser's own scrolling arrives there.
      if (event.key === 'End') engage()
      else if (upKeys.has(event.key) || (event.key === ' ' && event.shiftKey)) release()
    }

    const controller = new AbortController()
    const options = { passive: true, signal: controller.signal }
    element.addEventListener('scroll', onScroll, options)
    element.addEventListener('wheel', onWheel, options)
    element.addEventListener('touchmove', release, options)
    element.addEventListener('keydown', onKeyDown, { signal: controller.signal })
    const resize = new ResizeObserver(keep)
    resize.observe(element)
    return () => {
      controller.abort()
      resize.disconnect()
    }
  }, [scroller, engage, keep, release])

  const isFollowing = useCallback(() => following.current, [])
  return useMemo(
    () => ({ isAtLatest, isFollowing, keep, engage, release }),
    [isAtLatest, isFollowing, keep, engage, release],
  )
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select')
}

const upKeys = new Set(['PageUp', 'Home', 'ArrowUp'])

function distance(element: HTMLElement): number {
  return element.scrollHeight - element.scrollTop - element.clientHeight
}
