import { CompiledQuery, sql } from 'kysely'
import type { RunId, SessionId } from '../shared/contract/ids.ts'
import type { Db } from './database.ts'

/** One row of a session's log. `data` is the event as JSON text. */
export type EventRow = {
  sessionId: SessionId
  seq: number
  runId: RunId | null
  type: string
  data: string
}

export type ReadEvent = { seq: number; at: string; runId: RunId | null; type: string; data: string }

/**
 * Takes `eventColumns` as its parameters. Compaction leaves free places in the middle of a log, and a writer that does
 * not know of its end must not fill them: what is not to stand behind the end collides with it.
 */
const INSERT_EVENTS = `
  insert into events (session_id, seq, run_id, type, data)
  select session_id, greatest(seq, (select max(events.seq) from events where events.session_id = wanted.session_id)),
    run_id, type, data
  from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[])
    as wanted (session_id, seq, run_id, type, data)`

/**
 * Takes `eventColumns` as its parameters: the path of every token, without that look at the end, which cost half of
 * what Postgres did for a token. It needs none: only the owner of a run writes its chunks, behind a `start` of its own,
 * and whoever else writes to the log meanwhile leaves there first a `start`, a message or the like, which compaction
 * never takes away. So a stale writer of chunks collides with that.
 */
export const INSERT_CHUNKS = `
  insert into events (session_id, seq, run_id, type, data)
  select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[])`

/** The same, and tells the other nodes with the same commit; the payload comes last. */
export const INSERT_CHUNKS_AND_NOTIFY = `with inserted as (${INSERT_CHUNKS})
  select pg_notify('throughline', $6)`

/** The rows column by column, in the order of the primary key, so that two batches cannot wait for each other. */
export function eventColumns(rows: readonly EventRow[]): unknown[][] {
  const sorted = rows.toSorted((a, b) =>
    a.sessionId === b.sessionId ? a.seq - b.seq : a.sessionId < b.sessionId ? -1 : 1,
  )
  return [
    sorted.map((row) => row.sessionId),
    sorted.map((row) => row.seq),
    sorted.map((row) => row.runId),
    sorted.map((row) => row.type),
    sorted.map((row) => row.data),
  ]
}

/**
 * Adds the rows, all or none, in one statement. The primary key is the concurrency control: when a place in a log is
 * taken already, nothing is inserted.
 *
 * @throws an error for which `isSeqTaken` holds when a `seq` of the batch is taken
 */
export async function insertEvents(db: Db, rows: readonly EventRow[]): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(INSERT_EVENTS, eventColumns(rows)))
}

/** Whether an error says that another writer took a place in a log first. */
export function isSeqTaken(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23505' &&
    'constraint' in error &&
    error.constraint === 'events_pkey'
  )
}

/** The place of the newest event of each session; a session without events is 0. */
export async function readHeads(
  db: Db,
  sessionIds: readonly SessionId[],
): Promise<Map<SessionId, number>> {
  const { rows } = await sql<{ id: SessionId; head: number }>`
    select wanted.id, coalesce(max(events.seq), 0) as head
    from unnest(${sessionIds}::uuid[]) as wanted (id)
    left join events on events.session_id = wanted.id
    group by wanted.id`.execute(db)
  return new Map(rows.map((row) => [row.id, row.head]))
}

/** The events after a place, oldest first, at most `limit` of them. */
export async function readEvents(
  db: Db,
  sessionId: SessionId,
  after: number,
  limit: number,
): Promise<ReadEvent[]> {
  return db
    .selectFrom('events')
    .select(['seq', 'created_at as at', 'run_id as runId', 'type', 'data'])
    .where('session_id', '=', sessionId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/**
 * The next events after a place, oldest first, for a reader that is behind.
 *
 * @param limit rows at the most
 * @param maxLength bytes of JSON after which no further event is read; the first comes however long it is
 * @returns `complete` says that the log had no more
 */
export async function readEventsWithin(
  db: Db,
  sessionId: SessionId,
  after: number,
  { limit, maxLength }: { limit: number; maxLength: number },
): Promise<{ events: ReadEvent[]; complete: boolean }> {
  const { rows } = await sql<ReadEvent & { rows: number }>`
    select seq, at, "runId", type, data, rows
    from (
      select page.*, count(*) over ()::int as rows,
        sum(octet_length(data::text)) over (order by seq) - octet_length(data::text) as before
      from (
        select seq, created_at as at, run_id as "runId", type, data
        from events
        where session_id = ${sessionId} and seq > ${after}
        order by seq
        limit ${limit}
      ) as page
    ) as measured
    where before < ${maxLength}
    order by seq`.execute(db)
  const found = rows[0]?.rows ?? 0
  const events = rows.map(({ rows: _, ...event }) => event)
  return { events, complete: events.length === found && found < limit }
}

/** The chunks that a run has logged after a place, oldest first, at most `limit` of them. */
export async function readChunks(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
  after: number,
  limit = Number.MAX_SAFE_INTEGER,
): Promise<ReadEvent[]> {
  return db
    .selectFrom('events')
    .select(['seq', 'created_at as at', 'run_id as runId', 'type', 'data'])
    .where('session_id', '=', sessionId)
    .where('seq', '>', after)
    .where('run_id', '=', runId)
    .where('type', '=', 'chunk')
    .orderBy('seq')
    .limit(limit)
    .execute()
}

/** The states of calls that a run has logged and that may tell of progress, oldest first. */
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

/** What a run has logged up to a place, oldest first. */
export async function readRunEvents(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
  upTo: number,
): Promise<ReadEvent[]> {
  return db
    .selectFrom('events')
    .select(['seq', 'created_at as at', 'run_id as runId', 'type', 'data'])
    .where('session_id', '=', sessionId)
    .where('seq', '<=', upTo)
    .where('run_id', '=', runId)
    .orderBy('seq')
    .execute()
}

/** Which of these rows stand in the log just so: asked after a connection broke and took the answer along. */
export async function countEqual(db: Db, rows: readonly EventRow[]): Promise<number> {
  const { rows: counted } = await sql<{ count: number }>`
    select count(*) as count
    from unnest(
      ${rows.map((row) => row.sessionId)}::uuid[],
      ${rows.map((row) => row.seq)}::bigint[],
      ${rows.map((row) => row.data)}::text[]
    ) as wanted (session_id, seq, data)
    join events using (session_id, seq)
    where events.data = wanted.data`.execute(db)
  return counted[0]?.count ?? 0
}

/** Puts another event in the place of one: a part's whole text for its last chunk. */
export async function replaceEvent(
  db: Db,
  sessionId: SessionId,
  seq: number,
  data: string,
): Promise<void> {
  await db
    .updateTable('events')
    .set({ data })
    .where('session_id', '=', sessionId)
    .where('seq', '=', seq)
    .execute()
}

export async function deleteEvents(
  db: Db,
  sessionId: SessionId,
  seqs: readonly number[],
): Promise<void> {
  await sql`
    delete from events where session_id = ${sessionId} and seq = any(${seqs}::bigint[])`.execute(db)
}

/** Removes what a node wrote of a run before it knew that its session was deleted; nothing of a run that is there. */
export async function deleteEventsOfDeletedRun(
  db: Db,
  sessionId: SessionId,
  runId: RunId,
): Promise<void> {
  await sql`
    delete from events where session_id = ${sessionId} and run_id = ${runId}
    and not exists (select from runs where runs.id = ${runId})`.execute(db)
}

/**
 * What each of these sessions has after a place, oldest first, in one query: what a node reads for all its readers.
 *
 * @param limit rows of one session at the most
 */
export async function readEventsOfMany(
  db: Db,
  places: readonly { sessionId: SessionId; after: number }[],
  limit: number,
): Promise<(ReadEvent & { sessionId: SessionId })[]> {
  const { rows } = await sql<ReadEvent & { sessionId: SessionId }>`
    select place.session_id as "sessionId", found.*
    from unnest(
      ${places.map((place) => place.sessionId)}::uuid[], ${places.map((place) => place.after)}::bigint[]
    ) as place (session_id, after)
    cross join lateral (
      select seq, created_at as at, run_id as "runId", type, data
      from events
      where events.session_id = place.session_id and seq > place.after
      order by seq
      limit ${limit}
    ) as found
    order by place.session_id, found.seq`.execute(db)
  return rows
}
