import { sql } from 'kysely'
import type { RunId, SessionId } from '../shared/contract/ids.ts'
import type { Db } from './database.ts'

type Ids = { runs: RunId; sessions: SessionId }

/** Which of these are no more; the runs of a session are deleted with it. */
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
