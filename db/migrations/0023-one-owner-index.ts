import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Two migrations made the same index of calls by their owner, and every change of a call had to write both. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index if exists tool_calls_tried_again`.execute(db)
}
