import type { Database, Db } from '../../db/engine/database.ts'
import { linkFilesOfSessions } from '../../db/queries/files/copied-files.ts'
import { measureMessages } from '../../db/queries/limits/stored-bytes.ts'
import { findMessage } from '../../db/queries/messages/messages.ts'
import { findSession, updateSession } from '../../db/queries/sessions/sessions.ts'
import { importAtomically } from '../../db/queries/transfer/atomic-import.ts'
import { readBranchIds, readFullMessages, readOutline } from '../../db/queries/transfer/exports.ts'
import { insertSessionBranch } from '../../db/queries/transfer/imports.ts'
import type { ExportedMessage } from '../../shared/contract/export.ts'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Session } from '../../shared/contract/session.ts'
import { notFound } from '../api-error.ts'
import { Semaphore } from '../concurrency/semaphore.ts'
import { toExportedMessage } from './export/export-json.ts'
import { newMessageIds } from './import/import.ts'

/** A branch with more JSON is long: it is read page by page while it is written. UTF-16 units. */
const SHORT = 1_000_000

/**
 * One long branch is copied at a time. On Postgres it takes two connections of the pool, and two branches that each have
 * one and wait for another could wait for each other.
 */
const copying = new Semaphore(1)

/**
 * Copies a session's branch up to a message into a session of its own, like an export and an import: a running answer
 * with its text so far. The session's model, system prompt, project, tags and switched-off tools are copied too.
 *
 * @returns null when this user has no such message, or it is queued and so on no branch
 * @throws NOT_FOUND when the session is deleted meanwhile, because its files may be deleted
 */
export async function forkSession(
  database: Database,
  {
    userId,
    messageId,
    id,
    newId,
    now,
    admit,
    keepWithin,
  }: {
    userId: UserId
    messageId: MessageId
    id: SessionId
    newId: () => string
    now: string
    /** May refuse a copy of so many stored bytes, before anything is copied. */
    admit(bytes: number): Promise<void>
    /** The same in the transaction that gives the copy to the person. */
    keepWithin(transaction: Db, bytes: number): Promise<void>
  },
): Promise<Session | null> {
  const found = await findMessage(database.db, userId, messageId)
  if (!found || found.message.status === 'queued') {
    return null
  }
  const outline = await readOutline(database, userId, found.message.sessionId)
  if (!outline) {
    return null
  }
  const { session, titleSource } = outline
  const ids = await readBranchIds(database, session.id, messageId)
  const stored = await measureMessages(database.db, session.id, ids)
  const bytes = stored + Buffer.byteLength(session.systemPrompt ?? '')
  await admit(bytes)
  /** The bytes of a running answer that are only in the log so far. */
  let logged = 0
  async function* read(from: Database): AsyncGenerator<ExportedMessage[]> {
    for await (const page of readFullMessages(from, session.id, ids)) {
      for (const { data } of page.flatMap(({ chunks }) => chunks)) {
        logged += Buffer.byteLength(data)
      }
      yield page.map((full) => toExportedMessage(session, full))
    }
  }
  const { title, model, systemPrompt, tags } = session
  const copy = {
    ...{ id, title, titleSource, model, systemPrompt, tags },
    ...{ summary: null, status: 'active' as const, pinned: false, archived: false },
    ...{ activeLeaf: messageId, createdAt: now, updatedAt: now, endedAt: null, durationMs: null },
  }
  const source = await findSession(database.db, userId, session.id)
  const messageIds = newMessageIds(
    ids.map((one) => ({ id: one })),
    newId,
  )
  const insert = async (db: Db, owner: UserId, pages: AsyncIterable<ExportedMessage[]>) => {
    const branch = { userId, owner, id, newId, now, session: copy, messageIds }
    if ((await insertSessionBranch(db, branch, pages)) < ids.length) {
      throw notFound('session')
    }
    await updateSession(db, id, {
      projectId: source?.projectId ?? null,
      toolsOff: source?.toolsOff ?? null,
    })
    await linkFilesOfSessions(db, userId, [id], now)
    // A deletion of the session from here on sees that the copy has its files.
    if (!(await findSession(db, userId, session.id))) {
      throw notFound('session')
    }
    return findSession(db, owner, id)
  }
  const write = (pages: AsyncIterable<ExportedMessage[]>) =>
    importAtomically(
      database,
      userId,
      newId,
      (db, owner) => insert(db, owner, pages),
      (transaction) => keepWithin(transaction, bytes + logged),
    )
  const short = await readShort(read(database))
  return short
    ? write(inOrder(short))
    : copying.take(() => withReader(database, (from) => write(read(from))))
}

/** All pages, unless they are more than is held in memory. */
async function readShort(
  pages: AsyncIterable<ExportedMessage[]>,
): Promise<ExportedMessage[][] | null> {
  const held: ExportedMessage[][] = []
  let length = 0
  for await (const page of pages) {
    held.push(page)
    length += page.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
    if (length > SHORT) {
      return null
    }
  }
  return held
}

async function* inOrder<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

/**
 * The database for reads beside a transaction that writes. On Postgres it is one connection that nobody else has: a
 * transaction that waited for a free one would be ended. An embedded database has a single one, for short transactions.
 */
function withReader<T>(database: Database, work: (from: Database) => Promise<T>): Promise<T> {
  return database.kind === 'postgres'
    ? database.db.connection().execute((db) => work({ ...database, db }))
    : work(database)
}
