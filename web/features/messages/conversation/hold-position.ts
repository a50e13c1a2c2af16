/**
 * The position is held at least this long, because a browser's animated scroll by key takes that long and emits no end
 * event.
 */
const MIN_HOLD_MS = 1_000
/** The position is held until it needed no correction for this many frames. */
const STILL_FRAMES = 12
/** The longest that the position is held. */
const MAX_HOLD_MS = 4_000

/** A held position; calling it releases the position. */
export type Hold = () => void

/**
 * Brings the view to a position and holds it there until the layout is stable: the heights above it are still being
 * measured, and a scroll by key may be under way. Scrolling by the user ends it at once. The list's own `scrollToIndex`
 * is not used, because nothing ends it while rows change their heights, as the row of a growing answer does.
 *
 * @param place scrolls there; returns false as long as that is an approximation
 */
export function holdPosition(scroller: HTMLElement, place: () => boolean): Hold {
  const ending = new AbortController()
  const began = performance.now()
  let stillFrames = 0
  let request = requestAnimationFrame(step)

  function step(): void {
    const before = scroller.scrollTop
    const isThere = place()
    stillFrames = isThere && scroller.scrollTop === before ? stillFrames + 1 : 0
    const heldFor = performance.now() - began
    const isStill = heldFor > MIN_HOLD_MS && stillFrames >= STILL_FRAMES
    if (isStill || heldFor > MAX_HOLD_MS) end()
    else request = requestAnimationFrame(step)
  }
  function end(): void {
    cancelAnimationFrame(request)
    ending.abort()
  }

  onOwnScroll(scroller, end, ending.signal)
  return end
}

/** Calls back when the reader begins to scroll, by whatever means, until the signal. */
export function onOwnScroll(scroller: HTMLElement, act: () => void, signal: AbortSignal): void {
  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    scroller.addEventListener(type, act, { passive: true, signal })
  }
}

/**
 * Holds a message at the top of the view, and focuses it.
 *
 * @param bringNear scrolls to its approximate position while it is not rendered
 */
export function holdInView(scroller: HTMLElement, messageId: string, bringNear: () => void): Hold {
  let isFocused = false
  return holdPosition(scroller, () => {
    const element = scroller.querySelector<HTMLElement>(`[data-message="${messageId}"]`)
    if (!element) {
      bringNear()
      return false
    }
    element.scrollIntoView({ block: 'start' })
    if (!isFocused) {
      isFocused = true
      element.focus({ preventScroll: true })
    }
    return true
  })
}
