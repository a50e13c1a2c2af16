import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Options of one run, such as tools that the client carries out; and whether its chunks stay unmerged in the log, for
 * readers that number them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table runs
      add column options json,
      add column keeps_chunks boolean not null default false`.execute(db)
}
