import { sql } from 'kysely'
import type { Kysely, QueryExecutorProvider } from 'kysely'

/**
 * Withdraws the privileges that hosted databases grant by default on everything in `public` to roles that anybody may
 * assume (`anon`, `authenticated`). Row level security hides rows, but does not cover `truncate`, references and
 * sequences. A migration that adds a table must do both for it. Where there are no such roles, nothing happens.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await withdrawGrants(db, tables)
}

/** Withdraws every privilege on the tables, and on the sequences of their columns, from those roles. */
export async function withdrawGrants(
  db: QueryExecutorProvider,
  names: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ statement: string }>`
    with ours as (select to_regclass(name)::oid as id from unnest(${names}::text[]) as name),
    sequences as (
      select objid as id from pg_depend join ours on refobjid = ours.id
      where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
    )
    select format('revoke all on %s %s from %I', case relkind when 'S' then 'sequence' else 'table' end,
      pg_class.oid::regclass, rolname) as statement
    from pg_class, pg_roles
    where (pg_class.oid in (select id from ours) or (relkind = 'S' and pg_class.oid in (select id from sequences)))
      and rolname in ('anon', 'authenticated')`.execute(db)
  for (const { statement } of rows) {
    await sql.raw(statement).execute(db)
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
  'deleted_sessions',
  'auth_users',
  'auth_sessions',
  'auth_accounts',
  'auth_verifications',
  'auth_two_factors',
  'auth_links',
  'api_keys',
  'audit_log',
  'rate_windows',
  'allowances',
  'file_contents',
  'files',
  'message_files',
  'stray_objects',
  'responses',
  'kysely_migration',
  'kysely_migration_lock',
]
