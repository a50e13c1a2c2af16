import { sql } from 'kysely'
import type { MessageId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import { sharesLimitsOf } from './run-slots.ts'
import type { Db } from '../../engine/database.ts'

/**
 * What a message counts as: its text as UTF-8, or all its parts in the database's own format where those are larger, as
 * with much reasoning. Neither is read to be measured.
 */
const OF_MESSAGE = sql`greatest(octet_length(text), pg_column_size(parts))`

/**
 * The size of everything that is stored for a person (for a guest: for all who share the limits): messages, the
 * instructions of sessions as UTF-8, and files; shares, presets and projects, inputs and outputs of tools, and
 * stored responses in the database's own format, because all of them would have to be read to measure them as text. The
 * logs are not measured: they repeat the same, and have so many rows that measuring them would be slow. What a log grows
 * by at changes without a message is counted by its session as it is written.
 */
export async function measureStoredBytes(
  db: Db,
  userId: UserId,
): Promise<{ bytes: number; pool: UserId | null }> {
  const owners = sql`(select id from users where ${sharesLimitsOf(userId)})`
  const { rows } = await sql<{ bytes: number; pool: UserId | null }>`
    select (select pool from users where id = ${userId}) as pool,
      (select coalesce(sum(${OF_MESSAGE}), 0) from messages where user_id in ${owners})::bigint +
      (select coalesce(sum(bytes), 0) from files join file_contents using (sha256) where user_id in ${owners})::bigint +
      (select coalesce(sum(pg_column_size(messages)), 0) from shares where user_id in ${owners})::bigint +
      (select coalesce(sum(coalesce(pg_column_size(input), 0) + coalesce(pg_column_size(output), 0)), 0)
        from sessions join tool_calls on tool_calls.session_id = sessions.id where sessions.user_id in ${owners})::bigint +
      (select coalesce(sum(change_bytes + coalesce(octet_length(system_prompt), 0)), 0) from sessions where user_id in ${owners})::bigint +
      (select coalesce(sum(pg_column_size(presets)), 0) from presets where user_id in ${owners})::bigint +
      (select coalesce(sum(pg_column_size(projects)), 0) from projects where user_id in ${owners})::bigint +
      (select coalesce(sum(pg_column_size(input)), 0) from sessions join runs on runs.session_id = sessions.id
        join responses on responses.run_id = runs.id where sessions.user_id in ${owners})::bigint
      as bytes`.execute(db)
  return rows[0] ?? { bytes: 0, pool: null }
}

/** The bytes that these messages of a session count as, with what their tools were given and answered. */
export async function measureMessages(
  db: Db,
  sessionId: SessionId,
  ids: readonly MessageId[],
): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select (select coalesce(sum(${OF_MESSAGE}), 0) from messages
        where session_id = ${sessionId} and id = any(${ids}::uuid[]))::bigint +
      (select coalesce(sum(coalesce(pg_column_size(input), 0) + coalesce(pg_column_size(output), 0)), 0)
        from tool_calls where session_id = ${sessionId} and message_id = any(${ids}::uuid[]))::bigint as bytes`.execute(
    db,
  )
  return rows[0]?.bytes ?? 0
}

/** Adds to the bytes by which the log of a locked session grew without a message. */
export async function countChangeBytes(
  transaction: Db,
  id: SessionId,
  bytes: number,
): Promise<void> {
  await sql`update sessions set change_bytes = change_bytes + ${bytes} where id = ${id}`.execute(
    transaction,
  )
}

export async function countSessions(db: Db, userId: UserId): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from sessions
    where user_id in (select id from users where ${sharesLimitsOf(userId)})`.execute(db)
  return rows[0]?.count ?? 0
}
