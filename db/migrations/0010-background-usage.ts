import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Usage of models for titles and summaries, which no run requested. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table background_usage (
    id uuid primary key,
    session_id uuid not null references sessions on delete cascade,
    user_id uuid not null references users on delete cascade,
    kind text not null check (kind in ('title', 'summary')),
    model text not null,
    usage json not null,
    created_at timestamptz(3) not null
  )`.execute(db)
  await sql`create index background_usage_of_session on background_usage (session_id)`.execute(db)
  await sql`create index background_usage_of_user on background_usage (user_id, created_at)`.execute(
    db,
  )
}
