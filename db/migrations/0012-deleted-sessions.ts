import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Records where the log of each deleted session ended: a session that is created again with the same id must begin
 * beyond every cursor. A trigger does it, because sessions are also deleted with their user, and by nodes of an earlier
 * version.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create table deleted_sessions (
    id uuid primary key,
    last_seq bigint not null,
    deleted_at timestamptz(3) not null default now()
  )`,
  `alter table deleted_sessions enable row level security`,
  `create function note_deleted_session() returns trigger language plpgsql as $$ begin
    insert into deleted_sessions (id, last_seq)
    values (old.id, coalesce((select max(seq) from events where session_id = old.id), 0))
    on conflict (id) do update
      set last_seq = greatest(deleted_sessions.last_seq, excluded.last_seq), deleted_at = excluded.deleted_at;
    return old;
  end $$`,
  `create trigger note_deleted before delete on sessions
    for each row execute function note_deleted_session()`,
]
