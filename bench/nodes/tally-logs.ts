import { sql } from 'kysely'
import type { Db } from '../../db/engine/database.ts'

/** Totals over all logs. `missing` counts the unused `seq` values between the first and the last event of a log. */
export type LogTally = { events: number; chunks: number; missing: number }

export async function tallyLogs(db: Db): Promise<LogTally> {
  const { rows } = await sql<LogTally>`
    select coalesce(sum(count), 0)::float8 as events, coalesce(sum(chunks), 0)::float8 as chunks,
      coalesce(sum(last - count), 0)::float8 as missing
    from (
      select count(*) as count, count(*) filter (where type = 'chunk') as chunks, max(seq) as last
      from events group by session_id
    ) as logs`.execute(db)
  return rows[0] ?? { events: 0, chunks: 0, missing: 0 }
}
