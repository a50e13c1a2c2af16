import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** What waits in a session was looked for among all the runs that the session ever had. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index runs_queued on runs (session_id, place) where status = 'queued'`.execute(
    db,
  )
}
