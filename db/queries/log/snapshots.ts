import { isActive } from '../../../shared/contract/active.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { Database, Db } from '../../engine/database.ts'
import { readAnswerEvents, readChunks } from './run-events.ts'
import { isBegunBefore } from './retention.ts'
import type { ReadEvent } from './events.ts'
import type { StoredMessage } from '../messages/stored-messages.ts'
import { readBranch } from '../messages/branches.ts'
import { readQueued } from '../messages/messages.ts'
import { inReadTransaction } from '../../engine/read-transaction.ts'
import { findSessionState } from '../sessions/sessions.ts'

/** A session at `session.seq`, without the text of an unfinished answer. */
export type StoredSnapshot = {
  session: Session
  messages: StoredMessage[]
  hasOlder: boolean
  /** Chunks of the unfinished message that are not in its stored parts yet. */
  chunks: ReadEvent[]
  /**
   * An answer whose rows are newer than the snapshot's `seq`, with the events that its runs had logged up to `seq`,
   * unless those were pruned.
   */
  ahead: { id: MessageId; events: ReadEvent[]; isPruned: boolean } | null
}

export type SnapshotLimits = {
  /** The most messages of the active branch, counted from the newest. */
  limit: number
  /** The most UTF-16 units of JSON in the stored parts of all messages. */
  maxLength: number
  /** The last message of the branch to read; the active branch's when absent, no message when null. */
  leaf?: MessageId | null | undefined
  /** The `seq` of the snapshot; the newest when absent. */
  seq?: number | undefined
}

/** Reads a reader's initial state in one read transaction; null when this user has no such session. */
export async function readSnapshot(
  database: Database,
  userId: UserId,
  sessionId: SessionId,
  limits: SnapshotLimits,
): Promise<StoredSnapshot | null> {
  return inReadTransaction(database, async (db) => {
    const found = await findSessionState(db, userId, sessionId)
    if (!found) {
      return null
    }
    const { session, activeLeaf, hasQueued } = found
    const leaf = limits.leaf === undefined ? activeLeaf : limits.leaf
    const branch = leaf
      ? await readBranch(db, { sessionId, ...limits, leaf, countsOutputs: true })
      : { messages: [], hasOlder: false }
    const queued = hasQueued ? await readQueued(db, sessionId) : []
    const written = branch.messages.find(
      ({ message }) => message.role === 'assistant' && isActive(message),
    )
    const chunks = written?.message.runId
      ? await readChunks(db, sessionId, written.message.runId, written.partsSeq)
      : []
    return {
      session,
      messages: [...branch.messages, ...queued],
      hasOlder: branch.hasOlder,
      chunks,
      ahead: await readAhead(db, branch.messages, limits.seq),
    }
  })
}

/** Only the newest answer of a branch can have been running when the branch became the active one. */
async function readAhead(
  db: Db,
  messages: readonly StoredMessage[],
  seq = Number.POSITIVE_INFINITY,
): Promise<StoredSnapshot['ahead']> {
  const newest = messages.findLast(({ message }) => message.role === 'assistant')
  if (!newest || newest.partsSeq <= seq) {
    return null
  }
  const { id, sessionId } = newest.message
  const events = await readAnswerEvents(db, sessionId, id, seq)
  return {
    id,
    events,
    isPruned: events.length === 0 && (await isBegunBefore(db, newest.message, seq)),
  }
}
