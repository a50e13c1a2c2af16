import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Adds what a person approved, and the node that retries a tool call after its run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column approval_hash text, add column owner uuid`.execute(db)
  await sql`create index tool_calls_retried on tool_calls (owner) where owner is not null`.execute(
    db,
  )
}
