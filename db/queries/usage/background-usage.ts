import { sql } from 'kysely'
import type { SessionId } from '../../../shared/contract/ids.ts'
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
