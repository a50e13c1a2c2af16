import type { SessionEvent } from '../../contract/events.ts'
import type { PendingSend, SessionError } from './session-snapshot.ts'

/** Sends whose messages are not in the session's state yet, in the order of sending. */
export type PendingSends = readonly (PendingSend & {
  /** True when the server has confirmed the commit. */
  readonly answered: boolean
})[]

export type NewSend = Pick<PendingSend, 'id' | 'text' | 'parentId' | 'files'>

/** Adds a send, or restarts it. */
export function sending(pending: PendingSends, send: NewSend): PendingSends {
  const entry = { ...send, status: 'sending' as const, answered: false }
  const index = pending.findIndex(({ id }) => id === send.id)
  return index === -1 ? [...pending, entry] : pending.with(index, entry)
}

export function answered(pending: PendingSends, id: string): PendingSends {
  return pending.map((send) => (send.id === id ? { ...send, answered: true } : send))
}

export function refused(pending: PendingSends, id: string, error: SessionError): PendingSends {
  return pending.map((send) =>
    send.id === id ? { ...pick(send), status: 'failed', error, answered: false } : send,
  )
}

export function unanswered(pending: PendingSends): PendingSends {
  return pending.filter((send) => !send.answered)
}

export function without(pending: PendingSends, id: string): PendingSends {
  return pending.filter((send) => send.id !== id)
}

/**
 * Removes the sends that the event shows, so that no message is shown twice. A snapshot is complete: a committed
 * message that is not in it was deleted, or is on another branch.
 */
export function shown<Call>(pending: PendingSends, event: SessionEvent<Call>): PendingSends {
  if (pending.length === 0) return pending
  switch (event.type) {
    case 'message':
      return without(pending, event.message.id)
    case 'snapshot': {
      const ids = new Set<string>(event.messages.map(({ id }) => id))
      return unanswered(pending).filter((send) => !ids.has(send.id))
    }
    default:
      return pending
  }
}

function pick({ id, text, parentId, files }: NewSend): NewSend {
  return { id, text, parentId, ...(files && { files }) }
}
