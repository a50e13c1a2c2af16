import { type Kysely, sql } from 'kysely'

/** Which tools a run was offered, so that a step that a crash cut is asked again with the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column offered json`.execute(db)
}
