import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Tags of sessions. Most sessions have none, so the index has only those with some. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions add column tags text[] not null default '{}'`.execute(db)
  await sql`create index sessions_with_tags on sessions (user_id) where tags <> '{}'`.execute(db)
}
