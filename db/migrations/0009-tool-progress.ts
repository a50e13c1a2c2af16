import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The latest progress of a running call, for readers who join during the call. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column progress json`.execute(db)
}
