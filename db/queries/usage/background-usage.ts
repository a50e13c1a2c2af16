import { sql } from 'kysely'
import type { KeyId, SessionId, UserId } from '../../../shared/contract/ids.ts'
import type { Usage } from '../../../shared/contract/message.ts'
import type { Db } from '../../engine/database.ts'
import type { BackgroundUsageTable } from '../../schema.ts'

/** Token usage of one call outside of runs: for a title, a summary, a picture or speech. */
export type BackgroundUsage = {
  id: string
  sessionId: SessionId
  kind: BackgroundUsageTable['kind']
  model: string
  usage: Usage
  /** The API key with which it was asked for. */
  keyId: KeyId | null
  /** ISO 8601. */
  createdAt: string
}

/** Records the usage for the session's owner; nothing is recorded when the session is gone. */
export async function insertBackgroundUsage(
  db: Db,
  { id, sessionId, kind, model, usage, keyId, createdAt }: BackgroundUsage,
): Promise<void> {
  await sql`
    insert into background_usage (id, session_id, user_id, kind, model, usage, key_id, created_at)
    select ${id}::uuid, sessions.id, sessions.user_id, ${kind}::text, ${model}::text,
      ${JSON.stringify(usage)}::json, ${keyId}::uuid, ${createdAt}::timestamptz
    from sessions where sessions.id = ${sessionId}`.execute(db)
}

/** Records the usage of speech for a person; a transcribed recording belongs to no session. */
export async function insertSpeechUsage(
  db: Db,
  {
    userId,
    ...row
  }: Omit<BackgroundUsage, 'kind' | 'sessionId'> & {
    kind: 'speech-in' | 'speech-out'
    userId: UserId
    sessionId: SessionId | null
  },
): Promise<void> {
  await sql`
    insert into background_usage (id, session_id, user_id, kind, model, usage, key_id, created_at)
    select ${row.id}::uuid, ${row.sessionId}::uuid, ${userId}::uuid, ${row.kind}::text, ${row.model}::text,
      ${JSON.stringify(row.usage)}::json, ${row.keyId}::uuid, ${row.createdAt}::timestamptz
    where ${row.sessionId}::uuid is null
      or exists (select 1 from sessions where id = ${row.sessionId}::uuid and user_id = ${userId}::uuid)`.execute(
    db,
  )
}
