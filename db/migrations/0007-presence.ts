import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Records which nodes read a session, since when it is open, and the newest message that its summary covers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `alter table sessions
    add column opened_at timestamptz(3),
    add column left_at timestamptz(3),
    add column summary_job uuid,
    add column summarised_leaf uuid`,
  `create index sessions_left on sessions (left_at) where left_at is not null`,
  `create table readers (
    session_id uuid not null references sessions on delete cascade,
    node_id uuid not null,
    primary key (session_id, node_id)
  )`,
  `create index readers_of_node on readers (node_id)`,
]
