import { type Kysely, sql } from 'kysely'

/** How far a call has come while it runs, for readers who join in the middle of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column progress json`.execute(db)
}
