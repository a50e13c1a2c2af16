import type { Db } from '../../db/database.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Appender } from '../log/port.ts'

/** Who reads which session on this node, and the closing of sessions that everybody has left. */
export type Presence = {
  /** Counts a reader until it is disposed. A closed session is open again for it; one that is not theirs is let be. */
  enter(sessionId: SessionId, userId: UserId): Promise<Disposable>
  /** Opens a closed session because something is said in it; the caller's transaction holds its lock. */
  reopen(
    transaction: Db,
    log: Appender,
    session: { sessionId: SessionId; userId: UserId },
  ): Promise<void>
}
