import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/**
 * Accounts: what a person may do, the tables of the sign-in library (`auth_…`, whose columns it names), the links that
 * work once, and the keys of programs. Every account belongs to a row of `users`, so that a person who is deleted leaves
 * no login, and that a guest who registers goes on as the same person.
 *
 * Addresses are unique among the accounts (`auth_users`), no longer among all people: an outside issuer may know
 * somebody by the address of somebody else's account.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) {
    await sql.raw(statement).execute(db)
  }
  for (const table of tables) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  }
}

const statements = [
  `alter table users
    drop constraint users_email_key,
    add column suspended_at timestamptz(3),
    add column limits jsonb,
    add column issuer text,
    add column subject text`,
  `create unique index users_of_issuers on users (issuer, subject)`,
  `create table auth_users (
    id uuid primary key,
    person_id uuid not null references users on delete cascade,
    name text not null,
    email text not null unique,
    email_verified boolean not null default false,
    image text,
    is_anonymous boolean default false,
    two_factor_enabled boolean default false,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index auth_users_of_person on auth_users (person_id)`,
  `create table auth_sessions (
    id uuid primary key,
    user_id uuid not null references auth_users on delete cascade,
    token text not null unique,
    expires_at timestamptz(3) not null,
    ip_address text,
    user_agent text,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index auth_sessions_of_user on auth_sessions (user_id)`,
  `create table auth_accounts (
    id uuid primary key,
    user_id uuid not null references auth_users on delete cascade,
    provider_id text not null,
    account_id text not null,
    access_token text,
    refresh_token text,
    id_token text,
    access_token_expires_at timestamptz(3),
    refresh_token_expires_at timestamptz(3),
    scope text,
    password text,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (provider_id, account_id)
  )`,
  `create index auth_accounts_of_user on auth_accounts (user_id)`,
  `create table auth_verifications (
    id uuid primary key,
    identifier text not null,
    value text not null,
    expires_at timestamptz(3) not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index auth_verifications_by_identifier on auth_verifications (identifier)`,
  `create table auth_two_factors (
    id uuid primary key,
    user_id uuid not null references auth_users on delete cascade,
    secret text not null,
    backup_codes text not null,
    verified boolean default true,
    failed_verification_count integer default 0,
    locked_until timestamptz(3)
  )`,
  `create index auth_two_factors_of_user on auth_two_factors (user_id)`,
  `create table auth_links (
    id uuid primary key,
    kind text not null check (kind in ('setup', 'invite')),
    token_hash text not null unique,
    email text,
    role text not null check (role in ('member', 'admin')),
    created_by uuid references users on delete set null,
    created_at timestamptz(3) not null,
    expires_at timestamptz(3),
    used_at timestamptz(3),
    used_by uuid references users on delete set null,
    revoked_at timestamptz(3)
  )`,
  `create index auth_links_by_age on auth_links (created_at desc, id desc)`,
  `create table api_keys (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    name text not null,
    prefix text not null,
    hash text not null unique,
    scope text not null check (scope in ('read', 'write')),
    usd_per_day double precision,
    created_at timestamptz(3) not null,
    expires_at timestamptz(3),
    last_used_at timestamptz(3),
    revoked_at timestamptz(3)
  )`,
  `create index api_keys_of_user on api_keys (user_id, created_at desc, id desc)`,
]

const tables = [
  'auth_users',
  'auth_sessions',
  'auth_accounts',
  'auth_verifications',
  'auth_two_factors',
  'auth_links',
  'api_keys',
]
