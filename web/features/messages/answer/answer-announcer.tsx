import { useState } from 'react'
import { openQuestion } from '../../../../shared/contract/open-question.ts'
import type { AppMessage, AppToolCall, SessionSnapshot } from '../../../../shared/client/index.ts'
import { useSession } from '../../../../shared/react/index.ts'
import { announcement } from './announcement.ts'
import type { AnswerState } from './announcement.ts'

/** Announces to screen readers when an answer begins and how it ended; the text itself is read on request. */
export function AnswerAnnouncer({ sessionId }: { sessionId: string }) {
  const now = useSession(sessionId, newestAnswer)
  const [told, setTold] = useState<{ state: AnswerState | undefined; text: string }>(nothing)
  const isNews =
    now?.id !== told.state?.id ||
    now?.status !== told.state?.status ||
    now?.asked?.id !== told.state?.asked?.id ||
    now?.asked?.question !== told.state?.asked?.question
  if (now !== undefined && (isNews || told.state === undefined)) {
    setTold({ state: now, text: announcement(told.state, now) ?? told.text })
  }
  return (
    <div role="status" className="sr-only">
      {told.text}
    </div>
  )
}

const nothing = { state: undefined, text: '' }

function newestAnswer({ state, pending }: SessionSnapshot): AnswerState | undefined {
  // A session that this page is about to make has no answer yet, and may have all of one when it is first seen.
  if (!state) return pending.length > 0 ? null : undefined
  const answer = state.messages.findLast(({ role }) => role === 'assistant')
  if (!answer) return null
  const { id, status, error } = answer
  const asked = firstAsked(answer)
  const question = asked && openQuestion(asked)?.id
  return { id, status, error, asked: asked && { ...asked, ...(question && { question }) } }
}

function firstAsked({ parts }: AppMessage): AppToolCall | null {
  for (const part of parts) {
    if (part.type !== 'tool') continue
    if (part.call.status === 'awaiting-approval' || openQuestion(part.call)) return part.call
  }
  return null
}
