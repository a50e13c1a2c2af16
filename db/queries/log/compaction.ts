import { sql } from 'kysely'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import type { StoredPart } from '../../schema.ts'

/** The parts of an ended run's answer; null when it has not ended, or is gone. */
export async function readEndedParts(db: Db, runId: RunId): Promise<StoredPart[] | null> {
  const row = await db
    .selectFrom('runs')
    .innerJoin('messages', 'messages.id', 'runs.message_id')
    .select('messages.parts')
    .where('runs.id', '=', runId)
    .where('runs.ended_at', 'is not', null)
    .executeTakeFirst()
  return row?.parts ?? null
}

/** Puts other events in the places of some: the whole text of a part for its last chunk. */
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
      delete from events where session_id = ${sessionId} and seq = any(${gone}::bigint[])
    )
    update runs set compacted_at = ${now} where id = ${id}`.execute(db)
}

function replacing(sessionId: SessionId, events: readonly { seq: number; data: string }[]) {
  return sql`
    update events set data = wanted.data
    from unnest(${events.map(({ seq }) => seq)}::bigint[], ${events.map(({ data }) => data)}::text[])
      as wanted (seq, data)
    where events.session_id = ${sessionId} and events.seq = wanted.seq`
}
