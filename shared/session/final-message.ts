import { isUnfinished } from '../contract/active.ts'
import type { LoggedEvent } from '../contract/events.ts'
import type { Message, Outcome } from '../contract/message.ts'
import type { Session } from '../contract/session.ts'
import type { ToolCall } from '../contract/tool.ts'
import { fold } from './fold.ts'
import type { SessionState } from './fold.ts'

export type FinalCall = ToolCall & { status: 'completed' | 'failed' | 'denied' | 'unknown' }
export type FinalMessage = Omit<Message<FinalCall>, 'status'> & { status: Outcome }

/**
 * A message in its final form, for copies that are not updated: an unfinished answer becomes `interrupted`, with the
 * text it has, and unfinished calls get no result.
 * @param later events of the log that the message does not include yet
 */
export function toFinalMessage(
  session: Session,
  message: Message,
  later: readonly LoggedEvent[],
): FinalMessage {
  const start: SessionState = { session, messages: [message], hasOlder: false, seq: 0 }
  const state = later.reduce<SessionState>((before, event) => fold(before, event), start)
  const [folded = message] = state.messages
  return {
    ...folded,
    status: outcomeOf(folded),
    parts: folded.parts.map((part) =>
      part.type === 'tool' ? { type: 'tool', call: toFinalCall(part.call) } : part,
    ),
  }
}

function outcomeOf({ status }: Message): Outcome {
  return isUnfinished(status) ? 'interrupted' : status
}

/** A `once` call that had begun may have taken effect, so its outcome is unknown. */
export function toFinalCall(call: ToolCall): FinalCall {
  switch (call.status) {
    case 'completed':
    case 'failed':
    case 'denied':
    case 'unknown':
      return { ...call, status: call.status }
    case 'pending':
    case 'awaiting-approval':
      return { ...call, status: 'failed', error: 'The call had not begun when this was copied.' }
    case 'running':
      return {
        ...call,
        status: call.effect === 'once' ? 'unknown' : 'failed',
        error: 'The call had no result when this was copied.',
      }
  }
}
