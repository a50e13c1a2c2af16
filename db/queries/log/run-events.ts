import { sql } from 'kysely'
import type { MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'
import { selectEvents } from './events.ts'
import type { ReadEvent } from './events.ts'

/** The chunks that a run logged after `after`, oldest first, at most `limit` of them. */
export async function readChunks(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
  after: number,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<ReadEvent[]> {
  return selectEvents(db, sessionId)
    .where('seq', '>', after)
    .where('run_id', '=', runId)
    .where('type', '=', 'chunk')
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/** True when the log has an event of this run after `after`. */
export async function hasRunEvents(
  db: Db,
  { sessionId, runId, after }: { sessionId: SessionId; runId: RunId; after: number },
): Promise<boolean> {
  const row = await db
    .selectFrom('events')
    .select('seq')
    .where('session_id', '=', sessionId)
    .where('seq', '>', after)
    .where('run_id', '=', runId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The number of attempts at a run that wrote something, of those whose chunks are not merged yet. */
export async function countWritingAttempts(
  db: Db,
  { id, sessionId }: { id: RunId; sessionId: SessionId },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct attempts.seq)::int as count
    from events as chunk cross join lateral (
      select seq from events as begun
      where begun.session_id = chunk.session_id and begun.run_id = chunk.run_id
        and begun.type = 'start' and begun.seq < chunk.seq
      order by begun.seq desc limit 1
    ) as attempts
    where chunk.session_id = ${sessionId} and chunk.run_id = ${id} and chunk.type = 'chunk'`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}

/** The states of tool calls that a run logged and that may contain progress, oldest first. */
export async function readCallsInProgress(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
): Promise<Pick<ReadEvent, 'seq' | 'data'>[]> {
  return db
    .selectFrom('events')
    .select(['seq', 'data'])
    .where('session_id', '=', sessionId)
    .where('run_id', '=', runId)
    .where('type', '=', 'tool')
    .where('data', 'like', '%"status":"running"%"progress":%')
    .orderBy('seq')
    .execute()
}

/** The events that the runs of an answer logged up to `seq`, oldest first. */
export async function readAnswerEvents(
  db: Db,
  sessionId: SessionId,
  messageId: MessageId,
  upTo: number,
): Promise<ReadEvent[]> {
  return selectEvents(db, sessionId)
    .where('seq', '<=', upTo)
    .where(
      sql<boolean>`run_id = any((select array_append(earlier_runs, run_id) from messages where id = ${messageId})::uuid[])`,
    )
    .orderBy('seq')
    .execute()
}

/**
 * Removes the events that a node wrote for a run before it learned that the session was deleted; events of a run that
 * exists are kept.
 */
export async function deleteEventsOfDeletedRun(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
): Promise<void> {
  await sql`
    delete from events where session_id = ${sessionId} and run_id = ${runId}
    and not exists (select from runs where runs.id = ${runId})`.execute(db)
}
