import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The names of the tools that a run was offered, so that a step that is repeated after a crash gets the same tools. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column offered json`.execute(db)
}
