import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { SessionTransaction } from '../log/transaction.ts'

/** Who reads which session on this node, and the closing of sessions that everybody has left. */
export type Presence = {
  /** Counts a reader until it is disposed. A closed session is open again for it; one that is not theirs is let be. */
  enter(sessionId: SessionId, userId: UserId): Promise<Disposable>
  /** Opens a closed session, which is locked, because something is said in it. */
  reopen(transaction: SessionTransaction): Promise<void>
}
