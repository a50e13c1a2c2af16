import { sql } from 'kysely'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

type Ids = { runs: RunId; sessions: SessionId }

/** Returns the ids that do not exist any more. Runs are deleted with their session. */
export async function findDeleted<Table extends keyof Ids>(
  db: Db,
  table: Table,
  ids: readonly Ids[Table][],
): Promise<Ids[Table][]> {
  const { rows } = await sql<{ id: Ids[Table] }>`
    select wanted.id from unnest(${ids}::uuid[]) as wanted (id)
    where not exists (select from ${sql.table(table)} as known where known.id = wanted.id)`.execute(
    db,
  )
  return rows.map(({ id }) => id)
}

/**
 * The `seq` at which a new log under the id of a deleted session begins: the end of the old log, plus enough to be
 * beyond every cursor. Null when no session with this id was deleted.
 */
export async function findDeletedEnd(db: Db, id: SessionId): Promise<number | null> {
  const { rows } = await sql<{ end: number }>`
    select greatest(last_seq, (select max(seq) from events where session_id = deleted_sessions.id)) as end
    from deleted_sessions where id = ${id}`.execute(db)
  return rows[0] ? rows[0].end + LATE_WRITES : null
}

/** More events than a node can have written and shown before it learned of the deletion. */
const LATE_WRITES = 1_000_000
