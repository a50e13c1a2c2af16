import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** People's ratings of answers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table messages add column rating text check (rating in ('up', 'down')),
    add column rating_comment text`.execute(db)
}
