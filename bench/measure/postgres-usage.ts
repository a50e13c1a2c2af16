import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../db/schema.ts'
import { parentOf, processTreeCpu } from './proc.ts'

/** What a database has used so far. */
export type DatabaseUsage = {
  /** Microseconds of all its processes; 0 for an embedded one, whose work is this process's own. */
  cpu: number
  walBytes: number
}

/** Reads what the database behind `db` has used; its processes must run on this machine. */
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

/** Every connection has a process of its own, a child of the one that was started. */
async function findPostmaster(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  return parentOf(Number(rows[0]?.pid))
}
