import { type Kysely, sql } from 'kysely'

/** A queued message may have been given its place in the tree, which may be the root; else it follows what was before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column parent_chosen boolean not null default false`.execute(db)
}
