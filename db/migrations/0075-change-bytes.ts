import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The bytes by which a session's log grows when a change repeats what is stored. No message grows by them, so without
 * this column they would count for nobody.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions add column change_bytes bigint not null default 0`.execute(db)
}
