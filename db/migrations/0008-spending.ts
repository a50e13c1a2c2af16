import { type Kysely, sql } from 'kysely'

/**
 * What calls of models cost on each day (UTC), with what is set aside for those that are under way. It outlives the
 * runs: deleting a conversation gives no money back.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table spending (
    day date primary key,
    usd double precision not null
  )`.execute(db)
}
