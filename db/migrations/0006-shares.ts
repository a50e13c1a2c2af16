import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Snapshots of conversations that anybody with the token may read. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table shares (
    id uuid primary key,
    token text not null unique,
    session_id uuid not null references sessions on delete cascade,
    user_id uuid not null references users on delete cascade,
    title text,
    messages json not null,
    created_at timestamptz(3) not null
  )`.execute(db)
  await sql`create index shares_of_session on shares (session_id)`.execute(db)
  await sql`create index shares_of_user on shares (user_id, created_at desc, id desc)`.execute(db)
}
