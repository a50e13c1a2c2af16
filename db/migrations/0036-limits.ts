import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Counters of each person, key and address, so that limits hold over all nodes and restarts; the key by which a run was
 * started; and indexes to find runs that wait until other runs of their person end.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
}

const statements = [
  `create table rate_windows (
    key text primary key,
    began_at timestamptz(3) not null,
    used integer not null,
    granted integer not null
  )`,
  `alter table rate_windows enable row level security`,
  `create index rate_windows_by_age on rate_windows (began_at)`,
  `create table allowances (
    payer uuid not null,
    day date not null,
    tokens bigint not null default 0,
    tokens_reserved bigint not null default 0,
    tokens_short bigint not null default 0,
    usd double precision not null default 0,
    usd_reserved double precision not null default 0,
    usd_short double precision not null default 0,
    primary key (payer, day)
  )`,
  `alter table allowances enable row level security`,
  `alter table runs add column key_id uuid`,
  `create index runs_going_of_user on runs (user_id) where status = 'running'`,
  `create index runs_queued_of_user on runs (user_id, created_at) where status = 'queued'`,
]
