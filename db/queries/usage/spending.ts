import { sql } from 'kysely'
import type { Db } from '../../engine/database.ts'

/**
 * Reserves an amount unless it would exceed the day's limit. It is one statement, so that concurrent reservations of
 * several nodes cannot exceed the limit together.
 * @param day such as 2026-03-29, in UTC
 * @returns true when the amount was reserved
 */
export async function reserveSpending(
  db: Db,
  { day, usd, limit }: { day: string; usd: number; limit: number },
): Promise<boolean> {
  if (usd > limit) {
    return false
  }
  const { rows } = await sql`
    insert into spending (day, usd) values (${day}::date, ${usd})
    on conflict (day) do update set usd = spending.usd + excluded.usd
    where spending.usd + excluded.usd <= ${limit}
    returning day`.execute(db)
  return rows.length > 0
}

/** Replaces a reservation by the actual cost of the call. */
export async function settleSpending(
  db: Db,
  { day, reserved, spent }: { day: string; reserved: number; spent: number },
): Promise<void> {
  await sql`
    update spending set usd = greatest(0, usd + ${spent - reserved}) where day = ${day}::date`.execute(
    db,
  )
}
