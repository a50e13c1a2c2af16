import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The retry for which an answer waits, with the `seq` of its event; and the time to the first text of a run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table messages add column waits_for json`.execute(db)
  await sql`alter table runs add column first_token_ms integer`.execute(db)
}
