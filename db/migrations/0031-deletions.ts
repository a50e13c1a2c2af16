import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Marks a person who is being deleted, so that an interrupted deletion is finished at the next start. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table users add column deleting_at timestamptz(3)`.execute(db)
}
