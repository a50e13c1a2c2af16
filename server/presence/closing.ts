import type { Database } from '../../db/engine/database.ts'
import { closeSession, findLeft, lockPresence, markRead } from '../../db/queries/presence.ts'
import type { SessionId } from '../../shared/contract/ids.ts'
import type { SummaryWriter } from '../jobs/summaries.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import { SessionTransaction } from '../log/transaction.ts'

export type ClosingOptions = {
  database: Database
  log: LogWriter
  summaries: SummaryWriter
  newId(): string
  /** The time that a session without readers stays open. */
  graceMs: number
}

/**
 * Closes sessions that have had no readers on any node for the grace period.
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
  { log, graceMs, summaries, newId }: ClosingOptions,
): Promise<void> {
  await log.append(sessionId, async (db, appender) => {
    if (!(await lockPresence(db, sessionId))) {
      return
    }
    const closed = await closeSession(db, sessionId, graceMs / 1000)
    if (!closed) {
      return markRead(db, sessionId)
    }
    if (closed.unsummarised !== null) {
      await summaries.request(db, sessionId, newId())
    }
    const { userId } = closed
    await new SessionTransaction(db, appender, { sessionId, userId }).addSession()
  })
}
