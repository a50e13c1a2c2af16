import { sql } from 'kysely'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { FileId, MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import { inSlices } from '../../../shared/contract/in-slices.ts'
import type { Db } from '../../engine/database.ts'
import { lockFiles } from './files.ts'
import { tellAgain } from './readings.ts'

/** The most messages to which one statement links files. */
const LINKED_AT_ONCE = 1_000
/** The most messages whose parts are in memory at the same time. */
const PARTS_AT_ONCE = 50

type Named = { id: MessageId; sessionId: SessionId; fileId: FileId; isRead: boolean }

/**
 * Links the messages of copied sessions to the files that they name, if those are this person's. The files are locked
 * until the transaction ends, and cannot be deleted afterwards, because the messages have them. Messages that were
 * copied while a file was still being read are updated later.
 *
 * @param now ISO 8601
 */
export async function linkFilesOfSessions(
  db: Db,
  userId: UserId,
  sessionIds: readonly SessionId[],
  now: string,
): Promise<void> {
  const named: Named[] = []
  for (const sessionId of sessionIds) {
    named.push(...(await filesNamedIn(db, userId, sessionId)))
  }
  // All at once and in the order in which deletions lock them: otherwise the two could deadlock.
  await lockFiles(db, userId, [...new Set(named.map(({ fileId }) => fileId))])
  for (const some of inSlices(named, LINKED_AT_ONCE)) {
    await sql`
      insert into message_files (message_id, session_id, file_id)
      select given.message_id, given.session_id, files.id
      from unnest(${some.map(({ id }) => id)}::uuid[], ${some.map(({ sessionId }) => sessionId)}::uuid[],
        ${some.map(({ fileId }) => fileId)}::uuid[]) as given (message_id, session_id, file_id)
      join files on files.id = given.file_id and files.user_id = ${userId}
      on conflict do nothing`.execute(db)
  }
  await tellAgain(db, [...new Set(named.flatMap((one) => (one.isRead ? [] : [one.fileId])))], now)
}

async function filesNamedIn(db: Db, userId: UserId, sessionId: SessionId): Promise<Named[]> {
  const withFiles = await db
    .selectFrom('messages')
    .select('id')
    .where('session_id', '=', sessionId)
    .where('user_id', '=', userId)
    .where(sql<boolean>`parts::text like '%"type":"file"%'`)
    .execute()
  const ofMessages: { id: MessageId; files: File[] }[] = []
  for (const some of inSlices(withFiles, PARTS_AT_ONCE)) {
    // The parts are parsed here, because Postgres cannot read JSON with U+0000 in it.
    const rows = await db
      .selectFrom('messages')
      .select(['id', 'parts'])
      .where('session_id', '=', sessionId)
      .where('user_id', '=', userId)
      .where(
        'id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
    ofMessages.push(...rows.map(({ id, parts }) => ({ id, files: filesIn(parts) })))
  }
  const calls = await db
    .selectFrom('tool_calls')
    .select(['message_id as id', 'files'])
    .where('session_id', '=', sessionId)
    .where('user_id', '=', userId)
    .where('files', 'is not', null)
    .execute()
  const named = [...ofMessages, ...calls.map(({ id, files }) => ({ id, files: files ?? [] }))]
  return named.flatMap(({ id, files }) =>
    files.map((file) => {
      return { id, sessionId, fileId: file.id, isRead: file.status !== 'processing' }
    }),
  )
}
