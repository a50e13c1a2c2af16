import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'

/**
 * Takes uses from a key's window of time. A window begins with the first use after the end of the last one. It is one
 * statement, so that several nodes cannot exceed the limit together.
 *
 * @param wanted the number of uses; if fewer are left, those are taken
 * @param now ISO 8601
 * @returns the number that was taken, and the end of the window (ISO 8601)
 */
export async function takeFromWindow(
  db: Db,
  {
    key,
    wanted,
    limit,
    seconds,
    now,
  }: { key: string; wanted: number; limit: number; seconds: number; now: string },
): Promise<{ granted: number; endsAt: string }> {
  const first = Math.min(wanted, limit)
  const ended = sql`w.began_at <= ${now}::timestamptz - make_interval(secs => ${seconds})
    or w.began_at > ${now}::timestamptz + make_interval(secs => ${seconds})`
  const { rows } = await sql<{ granted: number; endsAt: string }>`
    insert into rate_windows as w (key, began_at, used, granted)
    values (${key}, ${now}::timestamptz, ${first}::integer, ${first}::integer)
    on conflict (key) do update set
      began_at = case when ${ended} then excluded.began_at else w.began_at end,
      used = case when ${ended} then excluded.used
        else greatest(w.used, least(w.used + ${wanted}::integer, ${limit}::integer)) end,
      granted = case when ${ended} then excluded.granted
        else greatest(0, least(${wanted}::integer, ${limit}::integer - w.used)) end
    returning granted, began_at + make_interval(secs => ${seconds}) as "endsAt"`.execute(db)
  const [row] = rows
  if (!row) {
    throw new Error('an upsert returns its row')
  }
  return row
}

/** Returns one use, unless the window was deleted meanwhile. */
export async function giveBackToWindow(db: Db, key: string): Promise<void> {
  await sql`update rate_windows set used = greatest(0, used - 1) where key = ${key}`.execute(db)
}

/** Deletes the window of a key. */
export async function clearWindow(db: Db, key: string): Promise<void> {
  await sql`delete from rate_windows where key = ${key}`.execute(db)
}

/** Deletes windows that began before this time. */
export async function deleteOldWindows(db: Db, before: string): Promise<void> {
  await sql`delete from rate_windows where began_at < ${before}::timestamptz`.execute(db)
}
