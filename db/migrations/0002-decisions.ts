import { type Kysely, sql } from 'kysely'

/** What a person approved, and which node carries out a call that was resolved by trying again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table tool_calls add column approval_hash text, add column owner uuid`.execute(db)
  await sql`create index tool_calls_retried on tool_calls (owner) where owner is not null`.execute(
    db,
  )
}
