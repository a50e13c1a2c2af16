import type { SessionsChange } from '../../shared/contract/events.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'

/** What happens to each person's list of sessions. */
export type SessionChanges = {
  /** Says that a session was made or changed. */
  touch(id: SessionId): void
  /** Says that a session of this person is gone. */
  deleted(userId: UserId, id: SessionId): void
  /** Looks for what other nodes changed: their word may have been lost. */
  lookAround(): Promise<void>
  /** A person's changes from now on, the newest state of each session, until the signal aborts. */
  follow(
    userId: UserId,
    signal: AbortSignal,
    drained?: () => Promise<void>,
  ): AsyncGenerator<SessionsChange, void, void>
}
