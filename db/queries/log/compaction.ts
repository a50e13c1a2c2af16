import { sql } from 'kysely'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredPart } from '../../stored-values.ts'

/**
 * The parts of an ended run's answer, and its first chunks; null when the run has not ended, keeps its chunks, or is
 * deleted. All events of a run come after that of its question, so the log before it is not read.
 */
export async function readEnded(
  db: Db,
  { id, sessionId }: { id: RunId; sessionId: SessionId },
  limit: number,
): Promise<{ parts: StoredPart[]; chunks: { seq: number; data: string }[] } | null> {
  const { rows } = await sql<{
    parts: StoredPart[] | null
    seq: number | null
    data: string | null
  }>`
    with ended as (
      select messages.parts, question.parts_seq as asked
      from runs
      join messages on messages.id = runs.message_id
      join messages as question on question.id = runs.question_id
      where runs.id = ${id} and runs.ended_at is not null and not runs.keeps_chunks
    )
    select case when row_number() over (order by chunk.seq) = 1 then ended.parts end as parts,
      chunk.seq, chunk.data
    from ended
    left join lateral (
      select seq, data from events
      where session_id = ${sessionId} and seq > ended.asked and run_id = ${id} and type = 'chunk'
      order by seq
      limit ${limit}
    ) as chunk on true
    order by chunk.seq`.execute(db)
  const parts = rows[0]?.parts
  if (!parts) {
    return null
  }
  const chunks = rows.flatMap(({ seq, data }) =>
    seq === null || data === null ? [] : [{ seq, data }],
  )
  return { parts, chunks }
}

/** Replaces events: a part's whole text takes the place of its last chunk. */
export async function replaceEvents(
  db: Db,
  sessionId: SessionId,
  events: readonly { seq: number; data: string }[],
): Promise<void> {
  if (events.length > 0) {
    await sql`${replacing(sessionId, events)}`.execute(db)
  }
}

/** Does the work of `replaceEvents`, `deleteEvents` and `markCompacted` in one statement, for a short log. */
export async function compactAtOnce(
  db: Db,
  { id, sessionId }: { id: RunId; sessionId: SessionId },
  whole: readonly { seq: number; data: string }[],
  gone: readonly number[],
  now: string,
): Promise<void> {
  await sql`
    with whole as (${replacing(sessionId, whole)}), gone as (
      delete from events where session_id = ${sessionId} and seq = any((select ${gone}::bigint[])::bigint[])
    )
    update runs set compacted_at = ${now} where id = ${id}`.execute(db)
}

function replacing(sessionId: SessionId, events: readonly { seq: number; data: string }[]) {
  return sql`
    update events set data = wanted.data
    from unnest((select ${events.map(({ seq }) => seq)}::bigint[]), (select ${events.map(({ data }) => data)}::text[]))
      as wanted (seq, data)
    where events.session_id = ${sessionId} and events.seq = wanted.seq`
}
