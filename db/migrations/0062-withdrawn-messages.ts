import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * The ids of queued messages that were taken back. A client that did not learn that its message had arrived sends it
 * again under its id: without these it would be answered after all.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table withdrawn_messages (
    id uuid primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    withdrawn_at timestamptz(3) not null default now()
  )`.execute(db)
  await sql`create index withdrawn_messages_of_session on withdrawn_messages (session_id)`.execute(
    db,
  )
  await sql`alter table withdrawn_messages enable row level security`.execute(db)
  await withdrawGrants(db, ['withdrawn_messages'])
}
