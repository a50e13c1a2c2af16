import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * The API key with which pictures and speech were asked for, as for runs: null without one, and for titles and
 * summaries. Speech has a direction; processes of the previous version still write `speech`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table background_usage add column key_id uuid, drop constraint background_usage_kind_check,
    add constraint background_usage_kind_check
      check (kind in ('title', 'summary', 'image', 'speech', 'speech-in', 'speech-out'))`,
]
