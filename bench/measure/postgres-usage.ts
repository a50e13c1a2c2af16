import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { Schema } from '../../db/schema.ts'
import { parentOf, processTreeCpu } from './proc.ts'

/** Resources that a database has used since it was started. */
export type DatabaseUsage = {
  /**
   * CPU time of all Postgres processes, in microseconds; 0 for the embedded database, which runs inside this process.
   */
  cpu: number
  walBytes: number
}

/**
 * Creates a function that reads the resource usage of the database behind `db`. Its processes must run on this machine.
 */
export async function createUsageReader(
  db: Kysely<Schema>,
  kind: 'embedded' | 'postgres',
): Promise<() => Promise<DatabaseUsage>> {
  const postmaster = kind === 'postgres' ? await findPostmaster(db) : null
  return async () => {
    const { rows } = await sql<{ bytes: number }>`
      select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as bytes`.execute(db)
    return {
      cpu: postmaster === null ? 0 : await processTreeCpu(postmaster),
      walBytes: Number(rows[0]?.bytes),
    }
  }
}

/** Each connection has its own backend process, a child of the postmaster. */
async function findPostmaster(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  return parentOf(Number(rows[0]?.pid))
}
