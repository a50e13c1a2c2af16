import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Files that a tool brought: what the call says of them; `message_files` has them for the answer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`alter table tool_calls add column files json, add column file_notes json`)
    .execute(db)
}
