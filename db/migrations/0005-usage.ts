import { type Kysely, sql } from 'kysely'

/** A person's runs of a period, for what they used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index runs_of_user on runs (user_id, created_at)`.execute(db)
}
