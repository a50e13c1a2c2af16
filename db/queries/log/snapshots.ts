import { isActive } from '../../../shared/contract/active.ts'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { inSlices } from '../../../shared/contract/in-slices.ts'
import type { Database, Db } from '../../engine/database.ts'
import { readAnswerEvents, readChunks } from './run-events.ts'
import { isBegunBefore } from './retention.ts'
import type { ReadEvent } from './events.ts'
import type { StoredMessage } from '../messages/stored-messages.ts'
import { readBranches } from '../messages/branches.ts'
import type { Branch } from '../messages/branches.ts'
import { readQueued } from '../messages/messages.ts'
import { inReadTransaction } from '../../engine/read-transaction.ts'
import type { LongMessages, OrLong } from '../../long-messages.ts'
import { findSessionStates } from '../sessions/sessions.ts'
import type { SessionState } from '../sessions/sessions.ts'

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

export type WantedSnapshot = SnapshotLimits & { userId: UserId; sessionId: SessionId }

/** The most sessions whose messages one statement reads, because each may have a very long one. */
const BRANCHES_AT_ONCE = 4

type Found = { wanted: WantedSnapshot; state: SessionState | null }

/** Reads the initial states of readers in one read transaction; null where this user has no such session. */
export async function readSnapshots(
  database: Database,
  wanted: readonly WantedSnapshot[],
  long: LongMessages,
): Promise<OrLong<StoredSnapshot | null>[]> {
  return inReadTransaction(database, async (db) => {
    const states = await findSessionStates(db, wanted)
    const found = wanted.map((one, index) => ({ wanted: one, state: states[index] ?? null }))
    const snapshots: OrLong<StoredSnapshot | null>[] = []
    for (const some of inSlices(found, BRANCHES_AT_ONCE)) {
      snapshots.push(...(await readMessagesOf(db, some, long)))
    }
    return snapshots
  })
}

async function readMessagesOf(
  db: Db,
  found: readonly Found[],
  long: LongMessages,
): Promise<OrLong<StoredSnapshot | null>[]> {
  const pages = found.map(({ wanted, state }) => {
    const leaf = wanted.leaf === undefined ? state?.activeLeaf : wanted.leaf
    return leaf && state ? { ...wanted, leaf } : null
  })
  const wholePages = pages.filter((page) => page !== null)
  const branches =
    wholePages.length > 0 ? await readBranches(db, wholePages, long, { countsOutputs: true }) : []
  const queuing = found.flatMap(({ state }) => (state?.hasQueued ? [state.session.id] : []))
  const queued = queuing.length > 0 ? await readQueued(db, ...queuing) : []
  const snapshots: OrLong<StoredSnapshot | null>[] = []
  for (const [index, { wanted, state }] of found.entries()) {
    const page = pages[index]
    const branch = (page && branches[wholePages.indexOf(page)]) ?? NO_MESSAGES
    if (state === null || branch === 'long') {
      snapshots.push(state && 'long')
    } else {
      snapshots.push(await complete(db, { wanted, state, branch, queued }))
    }
  }
  return snapshots
}

const NO_MESSAGES: Branch = { messages: [], hasOlder: false }

async function complete(
  db: Db,
  of: { wanted: WantedSnapshot; state: SessionState; branch: Branch; queued: StoredMessage[] },
): Promise<StoredSnapshot> {
  const { session } = of.state
  const { messages, hasOlder } = of.branch
  const written = messages.find(({ message }) => message.role === 'assistant' && isActive(message))
  return {
    session,
    messages: [...messages, ...of.queued.filter(({ message }) => message.sessionId === session.id)],
    hasOlder,
    chunks: written?.message.runId
      ? await readChunks(db, session.id, written.message.runId, written.partsSeq)
      : [],
    ahead: await readAhead(db, messages, of.wanted.seq),
  }
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
