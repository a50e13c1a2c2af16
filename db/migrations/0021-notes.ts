import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Notes for the person about how an answer was requested, beside the answer itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column notes json`.execute(db)
}
