import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** An index for calls that a node retries after their run: each sweep looks for those whose node has died. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index tool_calls_tried_again on tool_calls (owner) where owner is not null`.execute(
    db,
  )
}
