import type { ReadEvent } from '../../db/events.ts'
import type { SessionEvent } from '../../shared/contract/events.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { AppendedEvent } from '../log/port.ts'
import type { ToolRegistry } from '../tools/port.ts'
import { notFound } from '../api-error.ts'
import type { Context } from '../trpc.ts'
import { typedEvent, typedMessages } from '../typed-calls.ts'

/** The session, its newest messages, and whether older ones stand before them. */
export async function sessionWithMessages(
  { services, user }: Pick<Context, 'services' | 'user'>,
  id: SessionId,
) {
  const snapshot = await services.reader.snapshot(user.id, id)
  if (!snapshot) {
    throw notFound('session')
  }
  const { session, messages, hasOlder } = snapshot.event
  return { ...session, messages: typedMessages(messages, services.tools), hasOlder }
}

/** A change of branch is known outside as a change of the session. */
function toPublic(event: AppendedEvent): SessionEvent {
  return event.type === 'branch' ? { type: 'session', session: event.session } : event
}

/** One page of a log of which `limit + 1` rows were read. */
export function logPage(rows: readonly ReadEvent[], limit: number, tools: ToolRegistry) {
  const page = rows.slice(0, limit)
  return {
    events: page.map(({ seq, at, data }) => ({
      seq,
      at,
      event: typedEvent(toPublic(JSON.parse(data)), tools),
    })),
    nextAfter: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
  }
}
