import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { withdrawGrants } from './0049-withdrawn-grants.ts'

/**
 * The devices that get notifications while no page is open, and the notifications that each has still to get, with the
 * `seq` of their event, so that none is sent twice.
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

const tables = ['push_subscriptions', 'pushes']

const statements = [
  `create table push_subscriptions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    login_id uuid references auth_sessions (id) on delete cascade,
    endpoint text not null unique,
    p256dh text not null,
    auth text not null,
    created_at timestamptz(3) not null
  )`,
  `create index push_subscriptions_of_user on push_subscriptions (user_id)`,
  `create index push_subscriptions_of_login on push_subscriptions (login_id)`,
  `create table pushes (
    subscription_id uuid not null references push_subscriptions (id) on delete cascade,
    session_id uuid not null references sessions (id) on delete cascade,
    seq bigint not null,
    kind text not null,
    created_at timestamptz(3) not null,
    claimed_until timestamptz(3),
    tries integer not null default 0,
    done_at timestamptz(3),
    primary key (subscription_id, session_id, seq)
  )`,
  `create index pushes_waiting on pushes (created_at) where done_at is null`,
  `create index pushes_of_session on pushes (session_id)`,
]
