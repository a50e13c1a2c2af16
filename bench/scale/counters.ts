import { sql } from 'kysely'
import type { Database } from '../../db/engine/database.ts'

/** The counters of Postgres since its start. */
export type Counters = {
  statements: number
  /** Including those of reads, and one for each notification that a connection receives. */
  commits: number
  rowsInserted: number
  rowsUpdated: number
  rowsDeleted: number
}

/** Bytes of all tables of the schema with their indexes, by name. */
export type Sizes = Record<string, number>

/** Needs `pg_stat_statements`, which is in Postgres's own packages. */
export async function readCounters({ db }: Database): Promise<Counters> {
  const { rows } = await sql<Counters>`
    select (select coalesce(sum(calls), 0) from pg_stat_statements s
        where s.dbid = (select oid from pg_database where datname = current_database()))::float8 as statements,
      xact_commit::float8 as commits, tup_inserted::float8 as "rowsInserted",
      tup_updated::float8 as "rowsUpdated", tup_deleted::float8 as "rowsDeleted"
    from pg_stat_database where datname = current_database()`.execute(db)
  const [counters] = rows
  if (!counters) throw new Error('Postgres counts nothing')
  return counters
}

export async function readSizes({ db }: Database): Promise<Sizes> {
  const { rows } = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_total_relation_size(oid)::float8 as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(db)
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]))
}

/** Connections of clients that are open now, without this one. */
export async function countConnections({ db }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from pg_stat_activity
    where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}
