import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { JOB_SCHEMA_NAME } from '../queries/jobs.ts'
import type { Schema } from '../schema.ts'

/** The role is not the owner of the tables, so row level security hides all rows from it. */
export class RowsHiddenError extends Error {
  constructor() {
    super(
      'The role in DATABASE_URL did not make the tables of this database, and row level security hides their rows ' +
        'from it. Connect as the role that made them, or give this one BYPASSRLS.',
    )
    this.name = 'RowsHiddenError'
  }
}

/** Returns true when this role sees none of our rows; it would take the database for an empty one. */
export async function hidesRows(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ hidden: boolean | null }>`
    select row_security_active(to_regclass('sessions')) as hidden`.execute(db)
  return rows[0]?.hidden === true
}

/**
 * Enables row level security on the tables of the job queue, as migrations do for ours: without policies, so that only
 * their owner sees rows. Only tables that lack it are locked.
 */
export async function hideJobRows(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ table: string }>`
    select pg_class.oid::regclass::text as table from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = ${JOB_SCHEMA_NAME} and relkind in ('r', 'p') and not relrowsecurity`.execute(db)
  // One table at a time: pg-boss is working already, and a transaction with locks on all tables could deadlock with it.
  for (const { table } of rows) {
    await sql`alter table ${sql.raw(table)} enable row level security`.execute(db)
  }
}
