import { sql } from 'kysely'
import type { FileId, MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { Content } from './contents.ts'

/** Contents whose text has to be read, or whose messages have to be updated. */
export type Reading = Pick<Content, 'sha256' | 'key' | 'bytes' | 'reading_attempts'> & {
  reading: 'waiting' | 'telling'
  reading_due: string
  /** A person who has it; null when nobody has it any more. */
  userId: UserId | null
}

/** The most entries among which the next ones are chosen. */
const MOST = 2_000

/** For each person, the content that has been due for the longest time. */
export async function listReadings(db: Db, now: string): Promise<Reading[]> {
  const { rows } = await sql<Reading>`
    select distinct on ("userId") * from (
      select sha256, key, bytes, reading, reading_due, reading_attempts, (
        select user_id from files where files.sha256 = file_contents.sha256
        order by created_at limit 1) as "userId"
      from file_contents where reading is not null and reading_due <= ${now}::timestamptz
      order by reading_due limit ${MOST}
    ) as due
    order by "userId", reading_due`.execute(db)
  return rows
}

/**
 * Changes the time from which another node may take a reading up: to take it up oneself, or to keep it.
 *
 * @param seen the time that it had
 * @param attempts 1 for a new attempt
 * @returns false when another node has changed it meanwhile
 */
export async function moveReading(
  db: Db,
  {
    sha256,
    seen,
    due,
    attempts = 0,
  }: { sha256: string; seen: string; due: string; attempts?: 0 | 1 },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('file_contents')
    .set((row) => ({ reading_due: due, reading_attempts: row('reading_attempts', '+', attempts) }))
    .where('sha256', '=', sha256)
    .where('reading', 'is not', null)
    .where('reading_due', '=', seen)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}

/** The result of reading; of a content that could not be read only the reason. */
export type Read =
  | Pick<Content, 'kind' | 'mime_type' | 'width' | 'height' | 'pages' | 'text' | 'error'>
  | { error: string }

/**
 * Stores the result of reading a content. It waits for transactions that give a message a file with it; later ones see
 * the result, so that only the messages that have the file now have to be updated.
 *
 * @param transaction of its own
 * @returns false when the content was deleted, or read by another node
 */
export async function saveReading(transaction: Db, sha256: string, read: Read): Promise<boolean> {
  const { rows } = await sql<{ reading: string | null }>`
    select reading from file_contents where sha256 = ${sha256} for update`.execute(transaction)
  if (rows[0]?.reading !== 'waiting') return false
  await transaction
    .updateTable('file_contents')
    .set({ ...read, reading: 'telling', reading_attempts: 0 })
    .where('sha256', '=', sha256)
    .execute()
  if ('mime_type' in read && read.mime_type !== null) {
    await transaction
      .updateTable('files')
      .set({ mime_type: read.mime_type })
      .where('sha256', '=', sha256)
      .where('mime_type', '<>', read.mime_type)
      .execute()
  }
  return true
}

/** Records that all messages are updated, unless new ones were added since `seen`. */
export async function endReading(db: Db, sha256: string, seen: string): Promise<void> {
  await db
    .updateTable('file_contents')
    .set({ reading: null, reading_due: null })
    .where('sha256', '=', sha256)
    .where('reading', '=', 'telling')
    .where('reading_due', '=', seen)
    .execute()
}

/** Lets a content that could not be read be read again. */
export async function readAgain(db: Db, sha256: string, now: string): Promise<void> {
  await db
    .updateTable('file_contents')
    .set({ reading: 'waiting', reading_due: now, reading_attempts: 0 })
    .where('sha256', '=', sha256)
    .where('reading', 'is distinct from', 'waiting')
    .execute()
}

/** Lets messages be updated that got these files before they were read. */
export async function tellAgain(db: Db, ids: readonly FileId[], now: string): Promise<void> {
  if (ids.length === 0) return
  await sql`
    update file_contents set reading = 'telling', reading_due = ${now}::timestamptz
    where sha256 in (select sha256 from files where id = any(${ids}::uuid[]))
    and (reading is null or reading = 'telling')`.execute(db)
}

/** For an embedded database, which has this process alone: readings of the last process are due at once. */
export async function releaseReadings(db: Db, now: string): Promise<void> {
  await db
    .updateTable('file_contents')
    .set({ reading_due: now })
    .where('reading', 'is not', null)
    .where('reading_due', '>', now)
    .execute()
}

/** Sessions with messages that have a file with these contents. */
export async function sessionsOfContent(
  db: Db,
  sha256: string,
): Promise<{ sessionId: SessionId; userId: UserId }[]> {
  return db
    .selectFrom('files')
    .innerJoin('message_files', 'message_files.file_id', 'files.id')
    .select(['message_files.session_id as sessionId', 'files.user_id as userId'])
    .distinct()
    .where('files.sha256', '=', sha256)
    .execute()
}

/** Messages of a session that have a file with these contents. */
export async function messagesOfContent(
  db: Db,
  sessionId: SessionId,
  sha256: string,
): Promise<MessageId[]> {
  const rows = await db
    .selectFrom('files')
    .innerJoin('message_files', 'message_files.file_id', 'files.id')
    .select('message_files.message_id as id')
    .distinct()
    .where('files.sha256', '=', sha256)
    .where('message_files.session_id', '=', sessionId)
    .execute()
  return rows.map(({ id }) => id)
}
