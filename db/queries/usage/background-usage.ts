import { sql } from 'kysely'
import type { SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Usage } from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import type { BackgroundUsageTable } from '../../schema.ts'

/** Token usage of one model call that wrote a title or a summary; no run requested it. */
export type BackgroundUsage = {
  id: string
  sessionId: SessionId
  kind: BackgroundUsageTable['kind']
  model: string
  usage: Usage
  /** ISO 8601. */
  createdAt: string
}

/** Records the usage for the session's owner; nothing is recorded when the session is gone. */
export async function insertBackgroundUsage(
  db: Db,
  { id, sessionId, kind, model, usage, createdAt }: BackgroundUsage,
): Promise<void> {
  await sql`
    insert into background_usage (id, session_id, user_id, kind, model, usage, created_at)
    select ${id}::uuid, sessions.id, sessions.user_id, ${kind}::text, ${model}::text,
      ${JSON.stringify(usage)}::json, ${createdAt}::timestamptz
    from sessions where sessions.id = ${sessionId}`.execute(db)
}

/** Records what speech took for a person; in a session, or in none where a recording was written down. */
export async function insertSpeechUsage(
  db: Db,
  {
    userId,
    ...row
  }: Omit<BackgroundUsage, 'kind' | 'sessionId'> & { userId: UserId; sessionId: SessionId | null },
): Promise<void> {
  await sql`
    insert into background_usage (id, session_id, user_id, kind, model, usage, created_at)
    select ${row.id}::uuid, ${row.sessionId}::uuid, ${userId}::uuid, 'speech', ${row.model}::text,
      ${JSON.stringify(row.usage)}::json, ${row.createdAt}::timestamptz
    where ${row.sessionId}::uuid is null
      or exists (select 1 from sessions where id = ${row.sessionId}::uuid and user_id = ${userId}::uuid)`.execute(
    db,
  )
}
