import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * A message may join a running answer, and a cut answer may be continued by another run. Both are rare: their indexes
 * have only such rows.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table messages add column joined_part integer, add column earlier_runs uuid[]`,
  `create index messages_joined on messages (run_id) where joined_part is not null`,
  `alter table runs add column steers uuid, add column base_parts integer`,
  `alter table runs drop constraint runs_message_id_key`,
  `create index runs_by_message on runs (message_id)`,
]
