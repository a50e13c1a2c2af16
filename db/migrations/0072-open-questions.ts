import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The `seq` at which a call asked its open question: by it the lists show that the session waits, and devices are
 * notified once. Few calls ask, so the index has only those.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column asked_seq bigint`.execute(db)
  await sql`create index tool_calls_asking on tool_calls (session_id) where asked_seq is not null`.execute(
    db,
  )
}
