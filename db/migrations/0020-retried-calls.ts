import { type Kysely, sql } from 'kysely'

/** Calls that a node tries again after their run: every sweep looks for those whose node died. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index tool_calls_tried_again on tool_calls (owner) where owner is not null`.execute(
    db,
  )
}
