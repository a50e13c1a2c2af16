import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Records whether the parent of a queued message was chosen explicitly (null is the root); otherwise the message
 * follows the one before it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column parent_chosen boolean not null default false`.execute(db)
}
