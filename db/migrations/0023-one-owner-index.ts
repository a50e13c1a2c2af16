import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Drops one of two equal indexes of calls by their owner, which every change of a call had to update. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index if exists tool_calls_tried_again`.execute(db)
}
