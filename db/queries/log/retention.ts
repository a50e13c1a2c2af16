import { sql } from 'kysely'
import type { Message } from '../../../shared/contract/message.ts'
import type { SessionId } from '../../../shared/contract/ids.ts'
import { inSlices } from '../../../shared/contract/in-slices.ts'
import type { Db } from '../../engine/database.ts'
import { partsOf } from '../transfer/tables.ts'

export type PruneOptions = {
  /** ISO 8601. The logs of sessions that were not used since then are pruned. */
  before: string
  /**
   * True rewrites each table with the remaining rows instead of deleting: it frees the disk at once, and locks the
   * table meanwhile.
   */
  rewrite?: boolean
  /** Called after each table. */
  onTable?: (done: { table: string; sessions: number; events: number }) => void
}

/** The number of sessions in one transaction; rewriting a table takes all of them. */
const SESSIONS_AT_ONCE = 500

/** The log of a session that may be pruned: everything before its newest event. */
type IdleLog = { id: SessionId; head: number }

/**
 * Deletes the logs of sessions that were not used for long, except the newest event of each, table by table. A reader
 * with an older cursor gets a snapshot. Messages, runs and usage stay. A log stays if a run in it has not ended, or if
 * another protocol may read it again.
 *
 * @returns the number of sessions, and of events
 */
export async function pruneLogs(
  db: Db,
  { before, rewrite = false, onTable }: PruneOptions,
): Promise<{ sessions: number; events: number }> {
  const total = { sessions: 0, events: 0 }
  for (const table of await partsOf(db, 'events')) {
    const idle = await listIdleLogs(db, table, before)
    const size = rewrite ? Math.max(idle.length, 1) : SESSIONS_AT_ONCE
    const done = { table, sessions: 0, events: 0 }
    for (const some of inSlices(idle, size)) {
      const pruned = await db
        .transaction()
        .execute((transaction) =>
          rewrite ? rewriteTable(transaction, table, some) : deleteLogs(transaction, some),
        )
      done.sessions += pruned.sessions
      done.events += pruned.events
    }
    total.sessions += done.sessions
    total.events += done.events
    onTable?.(done)
  }
  return total
}

/**
 * The sessions whose events are in this table. Each session's events are all in one table, so each table is read once.
 */
async function listIdleLogs(db: Db, table: string, before: string): Promise<IdleLog[]> {
  const { rows } = await sql<IdleLog>`
    select sessions.id, log.head
    from (
      select session_id, max(seq) as head from ${sql.table(table)}
      group by session_id having max(created_at) < ${before}::timestamptz and count(*) > 1
    ) as log
    join sessions on sessions.id = log.session_id
    where sessions.updated_at < ${before}::timestamptz
      and not exists (
        select from runs where runs.session_id = sessions.id and (ended_at is null or compacted_at is null))
      and not exists (
        select from responses join runs on runs.id = responses.run_id where runs.session_id = sessions.id)`.execute(
    db,
  )
  return rows
}

const idleLogs = (logs: readonly IdleLog[]) => sql`
  unnest(${logs.map(({ id }) => id)}::uuid[], ${logs.map(({ head }) => head)}::bigint[]) as idle (session_id, head)`

/**
 * Deletes the events before each head. A writer to one of the sessions waits meanwhile, or has a run whose events come
 * after the head.
 */
async function deleteLogs(transaction: Db, logs: readonly IdleLog[]) {
  const { rows } = await sql<{ sessions: number; events: number }>`
    with gone as (
      delete from events using ${idleLogs(logs)}
      where events.session_id = idle.session_id and events.seq < idle.head
      returning events.session_id, events.seq
    ), pruned as (
      update sessions set pruned_to = last.seq, change_bytes = 0
      from (select session_id, max(seq) as seq, count(*) as events from gone group by session_id) as last
      where sessions.id = last.session_id
      returning last.events
    )
    select count(*)::int as sessions, coalesce(sum(events), 0)::float8 as events from pruned`.execute(
    transaction,
  )
  return rows[0] ?? { sessions: 0, events: 0 }
}

async function rewriteTable(transaction: Db, table: string, logs: readonly IdleLog[]) {
  await sql`lock table ${sql.table(table)} in access exclusive mode`.execute(transaction)
  await sql`create temporary table idle_logs on commit drop as select * from ${idleLogs(logs)}`.execute(
    transaction,
  )
  await sql`analyze idle_logs`.execute(transaction)
  const { rows } = await sql<{ sessions: number; events: number }>`
    with pruned as (
      update sessions set pruned_to = last.seq, change_bytes = 0
      from (
        select session_id, max(seq) as seq, count(*) as events
        from ${sql.table(table)} join idle_logs using (session_id) where seq < head group by session_id
      ) as last
      where sessions.id = last.session_id
      returning last.events
    )
    select count(*)::int as sessions, coalesce(sum(events), 0)::float8 as events from pruned`.execute(
    transaction,
  )
  await sql`
    create temporary table kept_events on commit drop as
    select * from ${sql.table(table)} as event
    where not exists (select from idle_logs where idle_logs.session_id = event.session_id and seq < head)`.execute(
    transaction,
  )
  await sql`truncate ${sql.table(table)}`.execute(transaction)
  await sql`insert into ${sql.table(table)} select * from kept_events`.execute(transaction)
  return rows[0] ?? { sessions: 0, events: 0 }
}

/** True when an answer had begun before this `seq`: then its first run has no `start` after it. */
export async function isBegunBefore(
  db: Db,
  { id, sessionId }: Pick<Message, 'id' | 'sessionId'>,
  seq: number,
): Promise<boolean> {
  const { rows } = await sql<{ begun: boolean }>`
    select sessions.pruned_to > 0 and not exists (
      select from events
      where events.session_id = sessions.id and seq > ${seq} and type = 'start'
        and events.run_id = coalesce(messages.earlier_runs[1], messages.run_id)
    ) as begun
    from messages join sessions on sessions.id = messages.session_id
    where messages.id = ${id} and sessions.id = ${sessionId}`.execute(db)
  return rows[0]?.begun === true
}
