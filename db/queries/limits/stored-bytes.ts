import { sql } from 'kysely'
import type { UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/**
 * Bytes of everything that a person's messages say, as UTF-8, and of their files; of their shares and what their tools
 * were given and answered, as the database stores it: to measure those as text, all of them would have to be read.
 */
export async function measureStoredBytes(db: Db, userId: UserId): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select
      (select coalesce(sum(octet_length(text)), 0) from messages where user_id = ${userId})::bigint +
      (select coalesce(sum(bytes), 0) from files join file_contents using (sha256) where user_id = ${userId})::bigint +
      (select coalesce(sum(pg_column_size(messages)), 0) from shares where user_id = ${userId})::bigint +
      (select coalesce(sum(coalesce(pg_column_size(input), 0) + coalesce(pg_column_size(output), 0)), 0)
        from sessions join tool_calls on tool_calls.session_id = sessions.id where sessions.user_id = ${userId})::bigint
      as bytes`.execute(db)
  return rows[0]?.bytes ?? 0
}

export async function countSessions(db: Db, userId: UserId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from sessions where user_id = ${userId}`.execute(db)
  return rows[0]?.count ?? 0
}
