import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Files of tools: the call has their descriptions, and `message_files` links them to the answer. Pictures and speech
 * are counted too; a transcribed recording belongs to no session.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table tool_calls add column files json, add column file_notes json`,
  `alter table background_usage alter column session_id drop not null,
    drop constraint background_usage_kind_check,
    add constraint background_usage_kind_check check (kind in ('title', 'summary', 'image', 'speech'))`,
]
