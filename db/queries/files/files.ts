import { sql } from 'kysely'
import type { File } from '../../../shared/contract/file.ts'
import type { FileId, MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { Db } from '../../engine/database.ts'
import type { Content } from './contents.ts'

/** A file, and the key of its object in the store. */
export type StoredFile = { file: File; key: string; createdAt: string }

type Row = Omit<
  Content,
  'mime_type' | 'created_at' | 'text' | 'reading_due' | 'reading_attempts'
> & {
  id: FileId
  name: string
  mime_type: string
  created_at: string
}

function toStored(row: Row): StoredFile {
  const { id, name, mime_type: mimeType, bytes, sha256, kind, width, height, pages } = row
  const isRead = row.reading !== 'waiting'
  const error = isRead ? row.error : null
  return {
    key: row.key,
    createdAt: row.created_at,
    file: {
      ...{ id, name, mimeType, bytes, sha256, kind },
      ...(width !== null && { width }),
      ...(height !== null && { height }),
      ...(pages !== null && { pages }),
      status: !isRead ? 'processing' : error === null ? 'ready' : 'failed',
      ...(error !== null && { error }),
    },
  }
}

function selectFiles(db: Db, userId: UserId) {
  return db
    .selectFrom('files')
    .innerJoin('file_contents', 'file_contents.sha256', 'files.sha256')
    .select([
      'files.id',
      'files.name',
      'files.mime_type',
      'files.sha256',
      'files.created_at',
      'file_contents.key',
      'file_contents.bytes',
      'file_contents.kind',
      'file_contents.width',
      'file_contents.height',
      'file_contents.pages',
      'file_contents.error',
      'file_contents.reading',
    ])
    .where('files.user_id', '=', userId)
}

/** The file with this id; null when it does not exist or is somebody else's. */
export async function findFile(db: Db, userId: UserId, id: FileId): Promise<StoredFile | null> {
  const row = await selectFiles(db, userId).where('files.id', '=', id).executeTakeFirst()
  return row ? toStored(row) : null
}

/** Those of these files that are this person's, in no particular order. */
export async function findFiles(
  db: Db,
  userId: UserId,
  ids: readonly FileId[],
): Promise<StoredFile[]> {
  if (ids.length === 0) return []
  const rows = await selectFiles(db, userId)
    .where(sql<boolean>`files.id = any(${ids}::uuid[])`)
    .execute()
  return rows.map(toStored)
}

/** Newest first, from the cursor on. */
export async function listFiles(
  db: Db,
  userId: UserId,
  { after, limit }: { after: { createdAt: string; id: FileId } | null; limit: number },
): Promise<StoredFile[]> {
  let query = selectFiles(db, userId)
    .orderBy('files.created_at', 'desc')
    .orderBy('files.id', 'desc')
    .limit(limit)
  if (after) {
    query = query.where(
      sql<boolean>`(files.created_at, files.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`,
    )
  }
  return (await query.execute()).map(toStored)
}

export type NewFile = {
  id: FileId
  userId: UserId
  sha256: string
  name: string
  mimeType: string
  createdAt: string
}

/** @returns false when the id is taken by any person, or the contents are not stored (any more) */
export async function insertFile(db: Db, file: NewFile): Promise<boolean> {
  const { rows } = await sql`
    with content as (select sha256 from file_contents where sha256 = ${file.sha256} for key share)
    insert into files (id, user_id, sha256, name, mime_type, created_at)
    select ${file.id}::uuid, ${file.userId}::uuid, sha256, ${file.name}, ${file.mimeType}, ${file.createdAt}::timestamptz
    from content
    on conflict (id) do nothing returning id`.execute(db)
  return rows.length > 0
}

/** True when the id is taken by any person. */
export async function fileExists(db: Db, id: FileId): Promise<boolean> {
  const row = await db.selectFrom('files').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

const isInProject = sql`exists (select from project_files where file_id = files.id)`

/**
 * Deletes a file of this person that no message or project has; false when one has it, or the file does not exist.
 *
 * @param transaction of its own: it waits for a message that is being sent with the file, and then sees it
 */
export async function deleteUnusedFile(
  transaction: Db,
  userId: UserId,
  id: FileId,
): Promise<boolean> {
  await transaction
    .selectFrom('files')
    .select('id')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .forUpdate()
    .execute()
  const { numDeletedRows } = await transaction
    .deleteFrom('files')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .where(
      sql<boolean>`not exists (select from message_files where file_id = files.id) and not ${isInProject}`,
    )
    .executeTakeFirst()
  return Number(numDeletedRows) > 0
}

/** Removes the links from a message to its files. */
export async function removeFilesOfMessage(transaction: Db, messageId: MessageId): Promise<void> {
  await transaction.deleteFrom('message_files').where('message_id', '=', messageId).execute()
}

/** Links a message without files to these files. */
export async function addFilesToMessage(
  transaction: Db,
  { messageId, sessionId }: { messageId: MessageId; sessionId: SessionId },
  ids: readonly FileId[],
): Promise<void> {
  if (ids.length === 0) return
  await transaction
    .insertInto('message_files')
    .values(ids.map((id) => ({ message_id: messageId, session_id: sessionId, file_id: id })))
    .execute()
}

/** Locks these files against deletion until the transaction ends; returns those that exist. */
export async function lockFiles(
  transaction: Db,
  userId: UserId,
  ids: readonly FileId[],
): Promise<StoredFile[]> {
  if (ids.length === 0) return []
  // Their contents are locked too, so that `saveReading` waits and then sees the message.
  await sql`
    select files.id from files join file_contents using (sha256)
    where files.id = any(${ids}::uuid[]) and files.user_id = ${userId}
    order by files.id for key share`.execute(transaction)
  return findFiles(transaction, userId, ids)
}

/**
 * Links an answer to the files that one of its calls attached. Those that exist are locked against deletion until the
 * transaction ends, and cannot be deleted afterwards, because the message has them.
 *
 * @returns the call with only the files that exist
 */
export async function keepFilesOfCall(
  transaction: Db,
  { userId, messageId, sessionId }: { userId: UserId; messageId: MessageId; sessionId: SessionId },
  call: ToolCall,
): Promise<ToolCall> {
  const { files = [], ...rest } = call
  if (files.length === 0) return call
  const ids = files.map(({ id }) => id)
  const stored = await lockFiles(transaction, userId, ids)
  if (stored.length > 0) {
    await transaction
      .insertInto('message_files')
      .values(
        stored.map(({ file }) => ({
          message_id: messageId,
          session_id: sessionId,
          file_id: file.id,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  // The current state: their text may have been read since.
  const now = new Map(stored.map(({ file }) => [file.id, file]))
  const kept = files.flatMap(({ id }) => now.get(id) ?? [])
  return kept.length > 0 ? { ...rest, files: kept } : rest
}

/** Deletes the files that only messages of this session have. */
export async function deleteFilesOfSession(transaction: Db, sessionId: SessionId): Promise<void> {
  // The lock waits for a message of another session that is being sent with one of them, and then sees it.
  await sql`
    select id from files where id in (select file_id from message_files where session_id = ${sessionId})
    order by id for update`.execute(transaction)
  await sql`
    delete from files where id in (select file_id from message_files where session_id = ${sessionId})
    and not exists (
      select from message_files where file_id = files.id and session_id <> ${sessionId})
    and not ${isInProject}`.execute(transaction)
}

/** A file in its current state, and its text; null when it has none, or is still being read. */
export type ReadFile = { file: File; text: string | null }

/** Those of these files that are this person's, with their texts. */
export async function readFiles(
  db: Db,
  userId: UserId,
  ids: readonly FileId[],
): Promise<Map<FileId, ReadFile>> {
  if (ids.length === 0) return new Map()
  const rows = await selectFiles(db, userId)
    .select('file_contents.text')
    .where(sql<boolean>`files.id = any(${ids}::uuid[])`)
    .execute()
  return new Map(rows.map((row) => [row.id, { file: toStored(row).file, text: row.text }]))
}

/** The name and the text of a file; null when this person has no such file. */
export async function findReadableFile(
  db: Db,
  userId: UserId,
  id: FileId,
): Promise<{ name: string; text: string | null; isRead: boolean } | null> {
  const found = (await readFiles(db, userId, [id])).get(id)
  if (!found) return null
  const { name, status } = found.file
  return { name, text: found.text, isRead: status !== 'processing' }
}
