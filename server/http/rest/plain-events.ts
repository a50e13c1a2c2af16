import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'

/**
 * The events of a watch, with those that were sent in several frames put together again. All frames but the last have a
 * place between two of the log. A snapshot is translated as a whole.
 */
export async function* wholeEvents(
  events: AsyncIterable<LoggedEvent>,
): AsyncGenerator<LoggedEvent, void, void> {
  let partial: SessionState | null = null
  let skipping = false
  for await (const logged of events) {
    const { seq, event } = logged
    const isLast = Number.isInteger(seq)
    if (partial !== null || (event.type === 'snapshot' && !isLast)) {
      partial = fold(event.type === 'snapshot' ? null : partial, logged)
      if (isLast) {
        yield { seq, event: snapshotOf(partial) }
        partial = null
      }
      continue
    }
    // A user message, and the rest of its text, is not reported.
    skipping ||= event.type === 'message' && !isLast
    if (!skipping) {
      yield logged
    }
    if (isLast) {
      skipping = false
    }
  }
}

function snapshotOf({ session, messages, hasOlder }: SessionState): SessionEvent {
  return { type: 'snapshot', session, messages: [...messages], hasOlder }
}
