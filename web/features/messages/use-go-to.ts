import { useEffect, useRef, useState } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'
import { reason } from './send-message.ts'
import type { Turn } from './turns.ts'
import type { OlderMessages } from './use-older-messages.ts'

/** A message to be shown; asked for again, `asked` is another number. */
export type GoTo = { messageId: string; asked: number }

/** A place is held for longer than a browser animates a scroll by key, of which it tells nothing. Milliseconds. */
const LEAST_HOLD = 1_000
/** And until it was kept for so many frames with nothing to mend. */
const STILL_FRAMES = 12
/** Then nothing is held any more, whatever moves. Milliseconds. */
const LONGEST_HOLD = 4_000

/**
 * Finds the message to go to: loads what is older until it is there, and turns to its branch where it stands on another
 * one.
 *
 * @returns what was found, the same object as was asked for; and why it could not be
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
  if (goTo && isHere && reached !== goTo) {
    setReached(goTo)
    setProblem(null)
  }

  useEffect(() => {
    // Once it was shown, whoever looks elsewhere is left there.
    if (!goTo || isHere || reached === goTo || turnedFor.current === goTo) return
    if (older.hasMore) return older.load()
    turnedFor.current = goTo
    api.messages.select
      .mutate({ id: goTo.messageId })
      .catch((error: unknown) => setProblem(`That message cannot be shown: ${reason(error)}`))
  }, [goTo, isHere, reached, older, api])

  return { reached, problem }
}

/**
 * Puts a message at the top of the view, and keeps it there until it stands still: what is above it is still being
 * measured, and a scroll by key may be on its way elsewhere. Gives it the focus. Whoever scrolls meanwhile is left to it.
 *
 * @param bringNear scrolls to about where it is, as often as it is not in the page
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
    const isStill = heldFor > LEAST_HOLD && stillFrames >= STILL_FRAMES
    if (isStill || heldFor > LONGEST_HOLD) end()
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
