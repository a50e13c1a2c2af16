import { deserialize } from 'node:v8'
import { TRPCError } from '@trpc/server'
import type { Db } from '../../../db/engine/database.ts'
import { insertSessionTree } from '../../../db/queries/transfer/imports.ts'
import type { ExportedMessage, ExportedSession } from '../../../shared/contract/export.ts'
import { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import type { UserId } from '../../../shared/contract/ids.ts'
import { ThreadLimitError, ThreadRefusal, workInThread } from '../../concurrency/threads.ts'
import { textsOf } from './import-texts.ts'
import { parentsFirst } from './import-tree.ts'

/**
 * A file of which only so much is checked at once: beside the text of one, a thread holds all that it makes of it. What
 * the database holds is bounded by the request.
 */
const BOUNDS = { atOnce: 1, waiting: 8, memoryMb: 1024, deadlineMs: 60_000 }

const readInThread = workInThread<ImportTask, Uint8Array[]>(
  './import-worker',
  import.meta.url,
  BOUNDS,
)

/** @param texts the file's text, in pieces */
export type ImportTask = { texts: string[]; now: string }

/**
 * The sessions that a file holds, checked, ready to be inserted: read in a thread, and unpacked one by one as they are
 * asked for.
 *
 * @param data our file or ChatGPT's `conversations.json`, parsed or as its text
 * @throws BAD_REQUEST that names the place of what is wrong
 */
export async function readImport(
  data: unknown,
  now: string,
): Promise<{ count: number; sessions: Iterable<ExportedSession> }> {
  try {
    const packed = await readInThread({ texts: await textsOf(data), now })
    return { count: packed.length, sessions: unpack(packed) }
  } catch (error) {
    throw explain(error)
  }
}

function* unpack(packed: readonly Uint8Array[]): Generator<ExportedSession> {
  for (const bytes of packed) {
    // The thread has validated it already.
    yield deserialize(bytes)
  }
}

function explain(error: unknown): unknown {
  if (error instanceof ThreadRefusal) {
    return new TRPCError({ code: 'BAD_REQUEST', message: error.message })
  }
  if (error instanceof ThreadLimitError) {
    const code = error.limit === 'queue' ? 'TOO_MANY_REQUESTS' : 'BAD_REQUEST'
    return new TRPCError({ code, message: REASONS[error.limit], cause: error })
  }
  // JSON.stringify, over data that came parsed.
  return error instanceof RangeError
    ? new TRPCError({ code: 'BAD_REQUEST', message: REASONS.depth, cause: error })
    : error
}

const REASONS = {
  depth: 'data: is nested too deeply',
  memory: 'data: takes too much memory to read; import it in several smaller files',
  deadline: 'data: takes too long to read; import it in several smaller files',
  queue: 'Other files are being imported. Try again in a moment.',
} as const

/**
 * Inserts the sessions with new ids for everything, so that nothing that is there is touched.
 *
 * @param db for all or nothing by `importAtomically`, which also says who the owner is
 */
export async function insertSessions(
  db: Db,
  sessions: Iterable<ExportedSession>,
  {
    userId,
    owner,
    newId,
    now,
  }: { userId: UserId; owner: UserId; newId: () => string; now: string },
): Promise<SessionId[]> {
  const ids: SessionId[] = []
  for (const file of sessions) {
    const id = SessionId.parse(newId())
    const messageIds = newMessageIds(file.messages, newId)
    const session = { ...file, messages: parentsFirst(file.messages) }
    await insertSessionTree(db, { userId, owner, id, session, messageIds, newId, now })
    ids.push(id)
  }
  return ids
}

/** Siblings of the same millisecond stand in the order of their ids: the new ones keep the file's order. */
export function newMessageIds(
  messages: readonly Pick<ExportedMessage, 'id'>[],
  newId: () => string,
): Map<string, MessageId> {
  const ids = messages.map(() => MessageId.parse(newId())).toSorted()
  return new Map(
    messages.flatMap((message, index) => {
      const id = ids[index]
      return id ? [[message.id, id]] : []
    }),
  )
}
