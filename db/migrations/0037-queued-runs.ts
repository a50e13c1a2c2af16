import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** An index for queued messages, which were searched among all runs of a session before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index runs_queued on runs (session_id, place) where status = 'queued'`.execute(
    db,
  )
}
