import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * An answer that the provider writes in the background and keeps, so that the node that takes the run over can go on
 * with it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table runs add column generation json`.execute(db)
}
