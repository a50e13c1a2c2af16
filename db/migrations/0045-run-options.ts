import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * What was asked of one run alone, such as tools that the client carries out; and whether its tokens stay in the log one
 * by one, for readers that number them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs
      add column options json,
      add column keeps_chunks boolean not null default false`.execute(db)
}
