import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * People's logins at MCP servers, by OAuth. The columns `sealed` are encrypted with a key that is not in the database,
 * for one person and server each.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
  for (const table of tables) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  }
  await withdrawGrants(db, tables)
}

const tables = ['mcp_logins', 'mcp_sign_ins', 'mcp_clients']

const statements = [
  `create table mcp_logins (
    user_id uuid not null references users (id) on delete cascade,
    server text not null,
    sealed text not null,
    renewing_until timestamptz(3),
    updated_at timestamptz(3) not null default now(),
    primary key (user_id, server)
  )`,
  `create table mcp_sign_ins (
    state_hash text primary key,
    user_id uuid not null references users (id) on delete cascade,
    server text not null,
    sealed text not null,
    expires_at timestamptz(3) not null
  )`,
  `create index mcp_sign_ins_of_user on mcp_sign_ins (user_id)`,
  `create table mcp_clients (
    server text not null,
    issuer text not null,
    redirect_url text not null,
    sealed text not null,
    primary key (server, issuer, redirect_url)
  )`,
]
