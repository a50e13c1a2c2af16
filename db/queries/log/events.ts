import { sql } from 'kysely'
import type { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { isDuplicate } from '../../engine/database-errors.ts'
import type { Db } from '../../engine/database.ts'
import { arePlaced } from '../../engine/places.ts'
import { executeUnread } from '../../engine/postgres/pipelining.ts'

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
 * The columns of `eventColumns` as rows. The subqueries hide the length of the arrays from the planner, which would
 * otherwise make a new plan for each number of rows.
 */
const ROWS = `unnest((select $1::uuid[]), (select $2::bigint[]), (select $3::uuid[]), (select $4::text[]),
  (select $5::text[]))`

/**
 * Takes `eventColumns` as its parameters. Compaction leaves unused `seq` values in the middle of a log. A writer with
 * an outdated end of the log must not fill them, so an event that would not be beyond the end is made to violate the
 * primary key.
 */
const INSERT_EVENTS = `
  insert into events (session_id, seq, run_id, type, data)
  select session_id, greatest(seq, (select max(events.seq) from events where events.session_id = wanted.session_id)),
    run_id, type, data
  from ${ROWS} as wanted (session_id, seq, run_id, type, data)`

/**
 * Takes `eventColumns` as its parameters. Every token goes this way, so it leaves out the check of the log's end, which
 * cost half of the time that Postgres spent on a token. The check is not needed here: only the owner of a run writes
 * its chunks, after its own `start` event, and every other writer first appends an event that compaction never removes,
 * such as a `start` or a message. A stale writer of chunks therefore violates the primary key.
 */
export const INSERT_CHUNKS = `
  insert into events (session_id, seq, run_id, type, data)
  select * from ${ROWS}`

/** Inserts in the same way, and notifies the other nodes with the same commit. The payload is the last parameter. */
export const INSERT_CHUNKS_AND_NOTIFY = `with inserted as (${INSERT_CHUNKS})
  select pg_notify('throughline', $6)`

/**
 * The rows as one array per column, in the order of the primary key: two batches that lock in the same order cannot
 * deadlock.
 */
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
 * Inserts the rows, all or none, in one statement. The primary key is the concurrency control: when another writer has
 * inserted an event with the same `seq`, nothing is inserted. In a transaction the error may come with the commit.
 * @throws an error for which `isSeqTaken` holds when a `seq` of the batch is taken
 */
export async function insertEvents(db: Db, rows: readonly EventRow[]): Promise<void> {
  await executeUnread(db, INSERT_EVENTS, eventColumns(rows))
}

/** Events that are stored together with what they tell. */
export type EventsWith = {
  rows: readonly EventRow[]
  /** The notification to the other nodes, sent with the same commit; null when there are none. */
  payload: string | null
}

/**
 * Calls a function of the database that stores changes of many sessions, each with its events or not at all (see the
 * migration `0076-answer-functions`).
 *
 * @param fields the parameters of each change, by the names of the function; JSON as text, because text in it may have
 *   characters that Postgres refuses in JSON
 * @returns for each change whether it was stored
 */
export async function storeMany(
  db: Db,
  name: 'begin_answers' | 'end_answers',
  changes: readonly { fields: Record<string, string | number | null>; events: EventsWith }[],
): Promise<boolean[]> {
  const rows: EventRow[] = []
  const wanted = changes.map(({ fields, events }, place) => {
    rows.push(...events.rows)
    const range = { first_event: rows.length - events.rows.length + 1, last_event: rows.length }
    return { ...fields, ...range, payload: events.payload, place }
  })
  const { rows: stored } = await sql<{ place: number }>`
    select place from ${sql.raw(name)}(${JSON.stringify(wanted)}::json, ${rows.map(({ seq }) => seq)}::bigint[],
      ${rows.map(({ runId }) => runId)}::uuid[], ${rows.map(({ type }) => type)}::text[],
      ${rows.map(({ data }) => data)}::text[]) as place`.execute(db)
  return arePlaced(changes.length, stored)
}

/**
 * Returns true for the error of an insert that failed because another writer had inserted an event with the same `seq`.
 * Each partition has a key of its own name.
 */
export function isSeqTaken(error: unknown): boolean {
  return isDuplicate(error, /^events(_p\d+)?_pkey$/)
}

/** The `seq` of the newest event of each session; 0 for a session without events. */
export async function readHeads(
  db: Db,
  sessionIds: readonly SessionId[],
): Promise<Map<SessionId, number>> {
  const { rows } = await sql<{ id: SessionId; head: number }>`
    select wanted.id, coalesce((select max(seq) from events where session_id = wanted.id), 0) as head
    from unnest(${sessionIds}::uuid[]) as wanted (id)`.execute(db)
  return new Map(rows.map((row) => [row.id, row.head]))
}

/** The time at which an event was logged, ISO 8601; null when it was deleted. */
export async function readEventTime(
  db: Db,
  sessionId: SessionId,
  seq: number,
): Promise<string | null> {
  const row = await db
    .selectFrom('events')
    .select('created_at')
    .where('session_id', '=', sessionId)
    .where('seq', '=', seq)
    .executeTakeFirst()
  return row?.created_at ?? null
}

/** A query for events of one session's log; what reads them says which, in which order. */
export function selectEvents(db: Db, sessionId: SessionId) {
  return db
    .selectFrom('events')
    .select(['seq', 'created_at as at', 'run_id as runId', 'type', 'data'])
    .where('session_id', '=', sessionId)
}

/** The events after `after`, oldest first, at most `limit` of them. */
export async function readEvents(
  db: Db,
  sessionId: SessionId,
  after: number,
  limit: number,
): Promise<ReadEvent[]> {
  return selectEvents(db, sessionId).where('seq', '>', after).orderBy('seq').limit(limit).execute()
}

/**
 * The next events after `after`, oldest first, for a reader that is behind.
 * @param limit the most rows
 * @param maxLength bytes of JSON after which reading stops; the first event is always returned
 * @returns `complete` is true when the log has no further events; `isPruned` when some after `after` were deleted
 */
export async function readEventsWithin(
  db: Db,
  sessionId: SessionId,
  after: number,
  { limit, maxLength }: { limit: number; maxLength: number },
): Promise<{ events: ReadEvent[]; complete: boolean; isPruned: boolean }> {
  const { rows } = await sql<ReadEvent & { rows: number; prunedTo: number | null }>`
    select seq, at, "runId", type, data, rows, (select pruned_to from sessions where id = ${sessionId}) as "prunedTo"
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
  const isPruned = (rows[0]?.prunedTo ?? 0) > after
  const events = rows.map(({ rows: _, prunedTo: __, ...event }) => event)
  return { events, complete: events.length === found && found < limit, isPruned }
}

/**
 * Counts how many of these rows are in the log exactly as given. Used after a connection broke before the result of an
 * insert arrived.
 */
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

export async function deleteEvents(
  db: Db,
  sessionId: SessionId,
  seqs: readonly number[],
): Promise<void> {
  await sql`
    delete from events where session_id = ${sessionId} and seq = any(${seqs}::bigint[])`.execute(db)
}

/**
 * The events of each of these sessions after its `after`, oldest first, in one query: a node reads for all its readers
 * at once.
 * @param limit the most rows of one session
 * @param maxBytes of one session, after which no further row follows
 */
export async function readEventsOfMany(
  db: Db,
  places: readonly { sessionId: SessionId; after: number }[],
  limit: number,
  maxBytes: number,
): Promise<(ReadEvent & { sessionId: SessionId })[]> {
  const { rows } = await sql<ReadEvent & { sessionId: SessionId }>`
    select place.session_id as "sessionId", found.seq, found.at, found."runId", found.type, found.data
    from unnest(
      ${places.map((place) => place.sessionId)}::uuid[], ${places.map((place) => place.after)}::bigint[]
    ) as place (session_id, after)
    cross join lateral (
      select seq, created_at as at, run_id as "runId", type, data,
        sum(octet_length(data)) over (order by seq) - octet_length(data) as before
      from (
        select * from events
        where events.session_id = place.session_id and seq > place.after
        order by seq
        limit ${limit}
      ) as page
    ) as found
    where found.before < ${maxBytes}
    order by place.session_id, found.seq`.execute(db)
  return rows
}
