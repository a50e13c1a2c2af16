import type { Database } from '../../db/engine/database.ts'
import { closeSession, findLeft, lockPresence, markRead } from '../../db/queries/presence.ts'
import { deleteFilesOfSession } from '../../db/queries/files/files.ts'
import { deleteSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { SummaryWriter } from '../jobs/summaries.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import { SessionTransaction } from '../log/transaction.ts'

export type ClosingOptions = {
  database: Database
  log: LogWriter
  summaries: SummaryWriter
  newId(): string
  /** Told when a temporary session was deleted because it closed. */
  onDeleted(deleted: { sessionId: SessionId; userId: UserId }): void
  /** The time that a session without readers stays open. */
  graceMs: number
}

/**
 * Closes sessions, and deletes temporary ones, that have had no readers on any node for the grace period.
 * @returns the number of closed sessions, at most `limit`
 */
export async function closeLeft(
  options: ClosingOptions,
  limit: number,
  isOver: () => boolean,
): Promise<number> {
  const left = await findLeft(options.database.db, options.graceMs / 1000, limit)
  for (const sessionId of left) {
    if (!isOver()) {
      await close(sessionId, options)
    }
  }
  return left.length
}

/** Several nodes may try this; the session's lock lets one of them. */
async function close(
  sessionId: SessionId,
  { log, graceMs, summaries, newId, onDeleted }: ClosingOptions,
): Promise<void> {
  const deleted = await log.append(sessionId, async (db, appender) => {
    const session = await lockPresence(db, sessionId)
    if (!session) {
      return null
    }
    const closed = await closeSession(db, sessionId, graceMs / 1000)
    if (!closed) {
      await markRead(db, sessionId)
      return null
    }
    if (session.temporary) {
      await deleteFilesOfSession(db, sessionId)
      await deleteSession(db, sessionId)
      appender.dropAll()
      return { sessionId, userId: closed.userId }
    }
    if (closed.unsummarised !== null) {
      await summaries.request(db, sessionId, newId())
    }
    const { userId } = closed
    await new SessionTransaction(db, appender, { sessionId, userId }).addSession()
    return null
  })
  if (deleted) {
    onDeleted(deleted)
  }
}
