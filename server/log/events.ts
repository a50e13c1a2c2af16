import type { SessionEvent } from '../../shared/contract/events.ts'
import type { MessageId, SessionId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'

/**
 * The active branch is another one from here on: the one that ends with `leaf`, null for none. A reader gets a snapshot
 * in place of this event, because only a snapshot has all messages of a branch.
 */
export type BranchEvent = { type: 'branch'; session: Session; leaf: MessageId | null }

/** The events of the log. A snapshot is made for a reader and never stored. */
export type AppendedEvent = Exclude<SessionEvent, { type: 'snapshot' }> | BranchEvent

/** An event as it was committed. */
export type CommittedEvent = { seq: number; event: AppendedEvent }

/** A committed event of any session. */
export type LoggedSessionEvent = CommittedEvent & { sessionId: SessionId }
