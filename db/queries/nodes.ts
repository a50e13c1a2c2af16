import { sql } from 'kysely'
import type { Db } from '../engine/database.ts'

/**
 * Renews the lease of the node for `leaseSeconds`, by the database's clock.
 * @returns the number of other living nodes, and the database's time in milliseconds since the epoch
 */
export async function renewNode(
  db: Db,
  id: string,
  leaseSeconds: number,
): Promise<{ others: number; now: number }> {
  const { rows } = await sql<{ others: number; now: number }>`
    with renewed as (
      insert into nodes (id, lease_until) values (${id}, now() + make_interval(secs => ${leaseSeconds}))
      on conflict (id) do update set lease_until = excluded.lease_until
    ), forgotten as (
      delete from nodes where lease_until < now() - interval '1 hour'
    )
    select count(*) as others, ${clockMs} as now
    from nodes where id <> ${id} and lease_until > now()`.execute(db)
  return rows[0] ?? { others: 0, now: await readClock(db) }
}

const clockMs = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`

/** The database's time, in milliseconds since the epoch. */
export async function readClock(db: Db): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${clockMs} as now`.execute(db)
  return rows[0]?.now ?? Number.NaN
}

/** Removes the node; the next sweep of any node may take over its runs at once. */
export async function removeNode(db: Db, id: string): Promise<void> {
  await db.deleteFrom('nodes').where('id', '=', id).execute()
}

/** Removes every other node. Only for a process that has the database to itself. */
export async function removeOtherNodes(db: Db, id: string): Promise<void> {
  await db.deleteFrom('nodes').where('id', '!=', id).execute()
}
