import { useEffect, useRef, useState } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'
import { reason } from './send-message.ts'
import type { Turn } from './turns.ts'
import type { OlderMessages } from './use-older-messages.ts'

/** A message to be shown; asked for again, `asked` is another number. */
export type GoTo = { messageId: string; asked: number }

/** How many frames a place is held while what stands above it is measured. */
const HELD_FRAMES = 12

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

/** Keeps a message at the top of the view for a moment, and gives it the focus. */
export function holdInView(scroller: HTMLElement, messageId: string): () => void {
  let frames = 0
  let isFocused = false
  let request = requestAnimationFrame(step)

  function step(): void {
    const element = scroller.querySelector<HTMLElement>(`[data-message="${messageId}"]`)
    element?.scrollIntoView({ block: 'start' })
    if (element && !isFocused) {
      isFocused = true
      element.focus({ preventScroll: true })
    }
    frames += 1
    if (frames < HELD_FRAMES) request = requestAnimationFrame(step)
  }

  return () => cancelAnimationFrame(request)
}
