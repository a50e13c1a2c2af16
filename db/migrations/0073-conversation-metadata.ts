import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** The metadata that a client of `/v1/conversations` stores: pairs of texts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table sessions add column metadata json`.execute(db)
}
