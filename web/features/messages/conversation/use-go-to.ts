import { useEffect, useRef, useState } from 'react'
import { useThroughline } from '../../../../shared/react/index.ts'
import { reason } from '../composer/send-message.ts'
import type { Turn } from './turns.ts'
import type { OlderMessages } from './use-older-messages.ts'
import { t } from '../../../language/t.ts'

/** A message to scroll to; `asked` changes with each request for it. */
export type GoTo = { messageId: string; asked: number }

/**
 * The position is held at least this long, because a browser's animated scroll by key takes that long and emits no end
 * event.
 */
const MIN_HOLD_MS = 1_000
/** And it is held until it needed no correction for this many frames. */
const STILL_FRAMES = 12
/** The longest that the position is held. */
const MAX_HOLD_MS = 4_000

/**
 * Finds the message to scroll to: loads older messages until it is there, and selects its branch if it is on another
 * one.
 * @returns the found target, as the same object as was requested; or the reason why it could not be found
 */
export function useGoTo(
  goTo: GoTo | null,
  turns: readonly Turn[],
  older: OlderMessages,
): { reached: GoTo | null; problem: string | null } {
  const { api } = useThroughline()
  const turnedFor = useRef<GoTo | null>(null)
  const [reached, setReached] = useState<GoTo | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  const isHere = turns.some(({ messageIds }) => goTo && messageIds.includes(goTo.messageId))
  const isStuck = goTo !== null && !isHere && reached !== goTo && older.problem !== null
  if (goTo && isHere && reached !== goTo) {
    setReached(goTo)
    setProblem(null)
  }

  useEffect(() => {
    // Once it was shown, the user may scroll away.
    if (!goTo || isHere || reached === goTo || turnedFor.current === goTo) return
    if (older.hasMore) return older.load()
    turnedFor.current = goTo
    api.messages.select
      .mutate({ id: goTo.messageId })
      .catch((error: unknown) =>
        setProblem(t('That message cannot be shown: {reason}', { reason: reason(error) })),
      )
  }, [goTo, isHere, reached, older, api])

  return {
    reached,
    // The notice of the older messages offers to try again; this says what for.
    problem: isStuck
      ? t('That message cannot be shown: {reason}', {
          reason: older.problem || t('the server cannot be reached.'),
        })
      : problem,
  }
}

/**
 * Scrolls a message to the top of the view and focuses it, and holds it there until the layout is stable: the heights
 * above it are still being measured, and a scroll by key may be under way. Scrolling by the user ends it.
 * @param bringNear scrolls to its approximate position while it is not rendered
 */
export function holdInView(
  scroller: HTMLElement,
  messageId: string,
  bringNear: () => void,
): () => void {
  const ending = new AbortController()
  const began = performance.now()
  let stillFrames = 0
  let isFocused = false
  let request = requestAnimationFrame(step)

  function step(): void {
    const before = scroller.scrollTop
    const element = scroller.querySelector<HTMLElement>(`[data-message="${messageId}"]`)
    if (element) element.scrollIntoView({ block: 'start' })
    else bringNear()
    if (element && !isFocused) {
      isFocused = true
      element.focus({ preventScroll: true })
    }
    stillFrames = element && scroller.scrollTop === before ? stillFrames + 1 : 0
    const heldFor = performance.now() - began
    const isStill = heldFor > MIN_HOLD_MS && stillFrames >= STILL_FRAMES
    if (isStill || heldFor > MAX_HOLD_MS) end()
    else request = requestAnimationFrame(step)
  }
  function end(): void {
    cancelAnimationFrame(request)
    ending.abort()
  }

  for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
    scroller.addEventListener(type, end, { passive: true, signal: ending.signal })
  }
  return end
}
