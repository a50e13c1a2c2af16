import { isActive } from '../shared/contract/active.ts'
import type { MessageId, SessionId, UserId } from '../shared/contract/ids.ts'
import type { Session } from '../shared/contract/session.ts'
import type { Database, Db } from './database.ts'
import { type ReadEvent, readChunks, readRunEvents } from './events.ts'
import { type StoredMessage } from './stored-messages.ts'
import { readBranch } from './branches.ts'
import { readQueued } from './messages.ts'
import { atOneMoment } from './one-moment.ts'
import { findSession, readActiveLeaf } from './sessions.ts'

/** A session as it is at `session.seq`, but for the text of an answer that is being written. */
export type StoredSnapshot = {
  session: Session
  messages: StoredMessage[]
  hasOlder: boolean
  /** The chunks beyond the stored parts of the message that is being written. */
  chunks: ReadEvent[]
  /** An answer that the rows know from later on, and what its run had logged up to the place. */
  ahead: { id: MessageId; events: ReadEvent[] } | null
}

export type SnapshotLimits = {
  /** Messages of the active branch at the most, the newest of it. */
  limit: number
  /** Bounds the stored parts of all of them; UTF-16 units of JSON. */
  maxLength: number
  /** The end of the branch to read; the active one's when absent, no message when null. */
  leaf?: MessageId | null | undefined
  /** The place in the log that is asked about; the newest when absent. */
  seq?: number | undefined
}

/** Reads everything a reader starts from, at one moment; null when there is no such session of this user. */
export async function readSnapshot(
  database: Database,
  userId: UserId,
  sessionId: SessionId,
  limits: SnapshotLimits,
): Promise<StoredSnapshot | null> {
  return atOneMoment(database, async (db) => {
    const session = await findSession(db, userId, sessionId)
    if (!session) {
      return null
    }
    const leaf = limits.leaf === undefined ? await readActiveLeaf(db, sessionId) : limits.leaf
    const branch = leaf
      ? await readBranch(db, { sessionId, ...limits, leaf, countsOutputs: true })
      : { messages: [], hasOlder: false }
    const queued = await readQueued(db, sessionId)
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

/** Only the newest answer of a branch can have been under way when the branch became the active one. */
async function readAhead(
  db: Db,
  messages: readonly StoredMessage[],
  seq = Number.POSITIVE_INFINITY,
): Promise<StoredSnapshot['ahead']> {
  const newest = messages.findLast(({ message }) => message.role === 'assistant')
  if (!newest?.message.runId || newest.partsSeq <= seq) {
    return null
  }
  const { id, sessionId, runId } = newest.message
  return { id, events: await readRunEvents(db, sessionId, runId, seq) }
}
