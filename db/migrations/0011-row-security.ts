import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Row level security without policies: a role that was granted the tables still sees none of their rows. Hosted
 * databases grant everything in `public` to roles that anybody may assume. The owner of the tables, which is this
 * server, sees all rows. A migration that adds a table must enable it for that table.
 *
 * Also adds the secret that the nodes share to seal their notifications, because every role that can connect receives
 * them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table node_secrets (
    name text primary key,
    secret text not null,
    created_at timestamptz(3) not null default now()
  )`.execute(db)
  for (const table of tables) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  }
}

const tables = [
  'users',
  'sessions',
  'messages',
  'runs',
  'steps',
  'tool_calls',
  'events',
  'nodes',
  'shares',
  'readers',
  'spending',
  'background_usage',
  'node_secrets',
  'kysely_migration',
  'kysely_migration_lock',
]
