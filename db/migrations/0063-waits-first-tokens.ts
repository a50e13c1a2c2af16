import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * What an answer waits for before its model is asked again, with the place in the log that says so; and how long it took
 * to its first word.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table messages add column waits_for json`.execute(db)
  await sql`alter table runs add column first_token_ms integer`.execute(db)
}
