import { sql } from 'kysely'
import { filesIn } from '../../../shared/contract/files-in.ts'
import type { FileId, MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { lockFiles } from './files.ts'

/** The most messages that are given files in one statement. */
const LINKED_AT_ONCE = 1_000

/**
 * Gives the messages of copied sessions the files that they name, where those are this person's. In a transaction the
 * files are kept from being deleted until it ends, and by the messages afterwards.
 */
export async function linkFilesOfSessions(
  db: Db,
  userId: UserId,
  sessionIds: readonly SessionId[],
): Promise<void> {
  const named: { id: MessageId; sessionId: SessionId; fileId: FileId }[] = []
  for (const sessionId of sessionIds) {
    named.push(...(await filesNamedIn(db, userId, sessionId)))
  }
  // All at once and in their order, as deletions lock them: otherwise the two would deadlock.
  await lockFiles(db, userId, [...new Set(named.map(({ fileId }) => fileId))])
  for (let index = 0; index < named.length; index += LINKED_AT_ONCE) {
    const some = named.slice(index, index + LINKED_AT_ONCE)
    await sql`
      insert into message_files (message_id, session_id, file_id)
      select given.message_id, given.session_id, files.id
      from unnest(${some.map(({ id }) => id)}::uuid[], ${some.map(({ sessionId }) => sessionId)}::uuid[],
        ${some.map(({ fileId }) => fileId)}::uuid[]) as given (message_id, session_id, file_id)
      join files on files.id = given.file_id and files.user_id = ${userId}
      on conflict do nothing`.execute(db)
  }
}

async function filesNamedIn(db: Db, userId: UserId, sessionId: SessionId) {
  // The parts are read here: Postgres looks into no JSON that has U+0000 anywhere in it.
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'parts'])
    .where('session_id', '=', sessionId)
    .where('user_id', '=', userId)
    .where(sql<boolean>`parts::text like '%"type":"file"%'`)
    .execute()
  const calls = await db
    .selectFrom('tool_calls')
    .select(['message_id as id', 'files'])
    .where('session_id', '=', sessionId)
    .where('user_id', '=', userId)
    .where('files', 'is not', null)
    .execute()
  const named = [
    ...rows.map(({ id, parts }) => ({ id, files: filesIn(parts) })),
    ...calls.map(({ id, files }) => ({ id, files: files ?? [] })),
  ]
  return named.flatMap(({ id, files }) => files.map((file) => ({ id, sessionId, fileId: file.id })))
}
