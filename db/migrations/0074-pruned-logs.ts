import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The `seq` up to which the log of a session was deleted, because the session was not used for long; 0 for nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions add column pruned_to bigint not null default 0`.execute(db)
}
