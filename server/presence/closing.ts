import type { Database, Db } from '../../db/database.ts'
import { closeSession, findLeft, lockPresence, markRead } from '../../db/presence.ts'
import { findSession } from '../../db/sessions.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Summaries } from '../jobs/port.ts'
import type { Appender, LogWriter } from '../log/port.ts'

export type ClosingOptions = {
  database: Database
  log: LogWriter
  summaries: Summaries
  newId(): string
  /** How long a session that everybody has left stays open. */
  graceMs: number
}

/**
 * Closes sessions that nobody has read for the grace period, on whichever node.
 *
 * @returns how many there were, at most `limit`
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

/** Any node may come to this; the session's lock lets one. */
async function close(
  sessionId: SessionId,
  { log, graceMs, summaries, newId }: ClosingOptions,
): Promise<void> {
  await log.append(sessionId, async (transaction, appender) => {
    if (!(await lockPresence(transaction, sessionId))) {
      return
    }
    const closed = await closeSession(transaction, sessionId, graceMs / 1000)
    if (!closed) {
      return markRead(transaction, sessionId)
    }
    if (closed.unsummarised !== null) {
      await summaries.request(transaction, sessionId, newId())
    }
    await addSession(transaction, appender, { sessionId, userId: closed.userId })
  })
}

/** Tells the session's readers, and the lists, how it is now. */
export async function addSession(
  transaction: Db,
  log: Appender,
  { sessionId, userId }: { sessionId: SessionId; userId: UserId },
): Promise<void> {
  const session = await findSession(transaction, userId, sessionId)
  if (session) {
    log.add({ type: 'session', session: { ...session, seq: log.nextSeq } })
  }
}
