import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The cost of model calls per day (UTC), with the amounts reserved for calls under way. It is independent of the runs:
 * deleting a session does not give money back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table spending (
    day date primary key,
    usd double precision not null
  )`.execute(db)
}
