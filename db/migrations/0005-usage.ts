import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** An index for the usage of a person in a period. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index runs_of_user on runs (user_id, created_at)`.execute(db)
}
