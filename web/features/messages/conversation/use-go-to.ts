import { useEffect, useRef, useState } from 'react'
import { useThroughline } from '../../../../shared/react/index.ts'
import { reason } from '../composer/send-message.ts'
import type { Turn } from './turns.ts'
import type { OlderMessages } from './use-older-messages.ts'
import { t } from '../../../language/t.ts'

/** A message to scroll to; `asked` changes with each request for it. */
export type GoTo = { messageId: string; asked: number }

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
    // The notice of the older messages offers another try; this text gives its reason.
    problem: isStuck
      ? t('That message cannot be shown: {reason}', {
          reason: older.problem || t('the server cannot be reached.'),
        })
      : problem,
  }
}
