import { type Kysely, sql } from 'kysely'

/**
 * Whoever is granted the tables still sees no row of them: hosted databases grant everything in `public` to roles
 * that anybody may take on. Their owner, which this server is, sees all of them. A table that comes later enables it
 * itself.
 *
 * And the secret that nodes on one database share, for what they tell each other by notifications, which every role
 * hears that may connect.
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
